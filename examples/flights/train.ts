import { tap, type Observable } from 'rxjs';
import { json, work, type DeliveryStream } from 'sluice';
import type { LanceClient, RecordBatch } from 'sluice/lance';
import type { Flight } from './flights.js';
import { MiniBatches } from './mini-batches.js';
import type { Stage } from './progress.js';
import type { Lesson, Trainer } from './trainer.js';

const WORKERS = 4;

/** The flights of the log as a stream of batches, at most eight of them unsettled at any time. */
export function batchesOf(lance: LanceClient, topic: string, deadLetters: string): DeliveryStream<RecordBatch<Flight>> {
  return lance.consume(topic, {
    name: 'trainer',
    from: 'beginning',
    to: 'end',
    codec: json<Flight>(),
    maxFetchBytes: 8 * 1024,
    window: { deliveries: 2 * WORKERS, bytes: 1024 * 1024 },
    deadLetters: { topic: deadLetters },
  });
}

/** Four workers train the model at once. What fails is tried four times, then it becomes a dead letter. */
export function train(
  batches: DeliveryStream<RecordBatch<Flight>>,
  trainer: Trainer,
  stage: Stage,
): Observable<Lesson> {
  const miniBatches = new MiniBatches();
  return batches.pipe(
    work((batch, { attempt }) => trainer.train(miniBatches.from(batch), attempt), {
      concurrency: WORKERS,
      onError: { retry: { maxAttempts: 4, initialMs: 20, maxMs: 200 }, then: 'dead' },
    }),
    tap((lesson) => stage.add(lesson.flights)),
  );
}
