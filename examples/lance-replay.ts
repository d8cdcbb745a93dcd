// Prints a part of a topic, from one position until another, and ends. Positions are those that lance-tail.ts prints.
//   npx tsx examples/lance-replay.ts 127.0.0.1:1992 events 0 5000
import { finalize, tap } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient } from 'sluice/lance';

const [address = '127.0.0.1:1992', topic = 'events', from = '0', until = 'end'] = process.argv.slice(2);
const { hostname: host, port } = new URL(`lance://${address}`);
const lance = new LanceClient({ host, port: Number(port) });

let count = 0;
lance
  .consume(topic, { from: BigInt(from), until: until === 'end' ? until : BigInt(until) })
  .pipe(
    autoAck(),
    records(),
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
