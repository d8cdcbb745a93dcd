// Prints what is written to a topic from now on. It goes on after the connection breaks; Ctrl-C ends it.
//   npx tsx examples/lance-tail.ts 127.0.0.1:1992 events
import { concatMap, fromEvent, merge, takeUntil } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient } from 'sluice/lance';

const [address = '127.0.0.1:1992', topic = 'events'] = process.argv.slice(2);
const { hostname: host, port } = new URL(`lance://${address}`);
const lance = new LanceClient({ host, port: Number(port) });
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'));

lance
  .ensureTopic(topic)
  .pipe(
    concatMap(() => lance.tail(topic).pipe(autoAck(), records())),
    takeUntil(stop),
  )
  .subscribe({
    next: (record) => console.log(`${record.position}: ${record.text()}`),
    error: (error) => {
      console.error(`lance-tail: ${error.message}`);
      process.exitCode = 1;
    },
    complete: () => lance.close().subscribe(),
  });
