// Writes a file of any size to a topic, a record for each 64 KiB, in the same little memory: the sink reads on only as
// the server acknowledges.
//   npx tsx examples/lance-file.ts 127.0.0.1:1992 files ./large.bin
import { createReadStream } from 'node:fs';
import { concatMap, finalize, scan, tap } from 'rxjs';
import { LanceClient } from 'sluice/lance';

const [address = '127.0.0.1:1992', topic = 'files', file = ''] = process.argv.slice(2);
const { hostname: host, port } = new URL(`lance://${address}`);
const lance = new LanceClient({ host, port: Number(port) });

const megabytes = (): number => process.memoryUsage.rss() / 2 ** 20;
const atFirst = megabytes();
let most = atFirst;
let acknowledged = 0;

lance
  .ensureTopic(topic)
  .pipe(
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
