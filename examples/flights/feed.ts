import { concatMap, map, type Observable } from 'rxjs';
import { json, work, type DeliveryStream } from 'sluice';
import type { RecordBatch } from 'sluice/lance';
import type { Flight } from './flights.js';
import type { Log } from './log.js';
import { MiniBatches, type MiniBatch, type QueuedBatch } from './mini-batches.js';
import { patiently } from './patience.js';
import type { Queue } from './queue.js';
import type { Rollouts } from './rollouts.js';

/** The flights of the log as a stream of batches, at most eight of them unsettled at any time. */
export function batchesOf({ lance, topic }: Log): DeliveryStream<RecordBatch<Flight>> {
  return lance.consume(topic, {
    name: 'feeder',
    from: 'beginning',
    until: 'end',
    codec: json<Flight>(),
    maxFetchBytes: 8 * 1024,
    window: { deliveries: 8, bytes: 1024 * 1024 },
  });
}

/**
 * Puts each batch of the log on the queue, with a rollout of its own. A batch is acked once the queue has it: what was
 * not acked stays in the log. Emits the ids of the rollouts.
 */
export function feed(
  batches: DeliveryStream<RecordBatch<Flight>>,
  rollouts: Rollouts,
  queue: Queue,
): Observable<string> {
  const miniBatches = new MiniBatches();
  const put = (batch: MiniBatch): Observable<string> =>
    rollouts
      .enqueue(batch)
      .pipe(concatMap((rolloutId) => enqueue(queue, { ...batch, rolloutId }).pipe(map(() => rolloutId))));
  return batches.pipe(work((batch) => put(miniBatches.from(batch)), { concurrency: 4, onError: 'fail' }));
}

/** Under a key: if only the answer was lost, the second try puts nothing on the queue. */
function enqueue({ flo, name }: Queue, batch: QueuedBatch): Observable<bigint> {
  return flo.queue.enqueue(name, batch, { codec: json<QueuedBatch>(), dedupKey: batch.rolloutId }).pipe(patiently());
}
