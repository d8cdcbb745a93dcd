// Prints what is written to a topic from now on. It goes on after the connection breaks; Ctrl-C ends it.
//   npx tsx examples/lance-tail.ts 127.0.0.1:1992 events
import { concatMap, fromEvent, merge, takeUntil } from 'rxjs';
import { autoAck, records } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { argumentsOf } from './arguments.js';

const { server, topic } = argumentsOf({
  does: 'Prints what is written to a topic from now on.',
  takes: ['<host:port>', '<topic>'],
  example: '127.0.0.1:1992 events',
});
const lance = new LanceClient(server);
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'));

// Streams wait for a server for as long as it takes; `connect` fails if there is none.
lance
  .connect()
  .pipe(
    concatMap(() => lance.ensureTopic(topic)),
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
