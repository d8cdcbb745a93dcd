import { concatMap, map, tap, timer, type Observable } from 'rxjs';
import { records, type Delivery } from 'sluice';
import { FloClient } from 'sluice/flo';
import { LanceClient } from 'sluice/lance';
import { serveQuestions } from '../harness/questions.js';
import type { Load, ReaderFigures, SluiceQuestion } from './messages.js';
import { watchReader } from './watch-reader.js';

serveQuestions(async (question: SluiceQuestion) =>
  question.ask === 'log' ? readLog(question.load, question.port) : readQueue(question),
);

async function readLog(load: Load, port: number): Promise<ReaderFigures> {
  const lance = new LanceClient({ host: '127.0.0.1', port });
  const figures = await read(load, lance.consume(load.name, { from: 'beginning' }).pipe(records()));
  await ended(lance.close());
  return figures;
}

async function readQueue({ load, port, deliveries }: SluiceQuestion & { ask: 'queue' }): Promise<ReaderFigures> {
  const flo = new FloClient(`127.0.0.1:${port}`);
  const figures = await read(load, flo.queue.messages(load.name, { window: { deliveries } }));
  await ended(flo.close());
  return figures;
}

/** The pipeline of `jetstream-process`, operator by operator. */
async function read(load: Load, source: Observable<Delivery<unknown>>): Promise<ReaderFigures> {
  return watchReader(load, (counts) =>
    source.pipe(
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
}

async function ended(closing: Observable<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => closing.subscribe({ error: reject, complete: resolve }));
}
