// Writes a file of any size to a topic, a record for each 64 KiB, in the same little memory: the sink reads on only as
// the server acknowledges.
//   npx tsx examples/lance-file.ts 127.0.0.1:1992 files package.json
import { createReadStream } from 'node:fs';
import { concatMap, finalize, scan, tap } from 'rxjs';
import { LanceClient } from 'sluice/lance';
import { argumentsOf } from './arguments.js';

const { server, topic, others } = argumentsOf({
  does: 'Writes a file of any size to a topic.',
  takes: ['<host:port>', '<topic>', '<file>'],
  example: '127.0.0.1:1992 files package.json',
});
const [file = ''] = others;
const lance = new LanceClient(server);

const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20;
const atFirst = megabytes();
let most = atFirst;
let acknowledged = 0;

// Sinks wait for a server for as long as it takes; `connect` fails if there is none.
lance
  .connect()
  .pipe(
    concatMap(() => lance.ensureTopic(topic)),
    concatMap(() => lance.sink(topic)(createReadStream(file))),
    scan((sum, receipt) => sum + receipt.records, 0),
    tap(() => (most = Math.max(most, megabytes()))),
    finalize(() => lance.close().subscribe()),
  )
  .subscribe({
    next: (records) => (acknowledged = records),
    error: (error) => {
      console.error(`lance-file: ${error.message}`);
      process.exitCode = 1;
    },
    complete: () => {
      console.log(`${acknowledged} records acknowledged`);
      console.log(`${Math.ceil(most - atFirst)} MiB more memory than in the beginning`);
    },
  });
