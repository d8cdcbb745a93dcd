// Prints a part of a topic, from one position until another, and ends. Positions are those that lance-tail.ts prints.
//   npx tsx examples/lance-replay.ts 127.0.0.1:1992 events 0 5000
import { concatMap, finalize, tap } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { argumentsOf } from './arguments.js';

const { server, topic, others } = argumentsOf({
  does: 'Prints a part of a topic, from one position until another.',
  takes: ['<host:port>', '<topic>', '[from]', '[until]'],
  example: '127.0.0.1:1992 events 0 5000',
});
const [from = '0', until = 'end'] = others;
const range = { from: BigInt(from), until: until === 'end' ? until : BigInt(until) } as const;
const lance = new LanceClient(server);

let count = 0;
// Streams wait for a server for as long as it takes; `connect` fails if there is none.
lance
  .connect()
  .pipe(
    concatMap(() => lance.consume(topic, range).pipe(autoAck(), records())),
    tap(() => count++),
    finalize(() => lance.close().subscribe()),
  )
  .subscribe({
    next: (record) => console.log(`${record.position}: ${record.text()}`),
    error: (error) => {
      console.error(`lance-replay: ${error.message}`);
      process.exitCode = 1;
    },
    complete: () => console.error(`lance-replay: ${count} records`),
  });
