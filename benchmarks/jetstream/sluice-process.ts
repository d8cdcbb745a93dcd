import { concatMap, map, tap, timer } from 'rxjs';
import { records } from 'sluice';
import { LanceClient } from 'sluice/lance';
import { serveQuestions } from '../harness/questions.js';
import type { SluiceQuestion } from './messages.js';
import { watchReader } from './watch-reader.js';

// The pipeline of `jetstream-process`, operator by operator: the records of a Lance topic with default options.
serveQuestions(async ({ load, ports }: SluiceQuestion) => {
  const lance = new LanceClient({ host: '127.0.0.1', port: ports.lwp });
  const figures = await watchReader(load, (counts) =>
    lance.consume(load.name, { from: 'beginning' }).pipe(
      records(),
      tap((delivery) => {
        counts.taken++;
        if (delivery.attempt > 1) counts.again++;
      }),
      concatMap((delivery) => timer(load.slowMs).pipe(map(() => delivery))),
      tap((delivery) => {
        delivery.ack();
        counts.processed++;
      }),
    ),
  );
  await new Promise<void>((resolve, reject) => lance.close().subscribe({ error: reject, complete: resolve }));
  return figures;
});
