import { bufferCount, concatMap, tap, type Observable } from 'rxjs';
import { work, type DeliveryStream } from 'sluice';
import type { QueuedBatch } from './mini-batches.js';
import type { Stage } from './progress.js';
import type { PublishedWeights } from './published-weights.js';
import { AttemptFailed, type Worker } from './worker.js';

const WORKERS = ['worker-1', 'worker-2', 'worker-3', 'worker-4'];

/** After so many steps the weights are published. */
const STEPS_PER_PUBLICATION = 16;

/**
 * Four workers train the model at once. What fails is tried again for as long as its rollout has attempts left, then it
 * becomes a dead letter. Meanwhile the weights are published again and again. Completes when the stream of messages does.
 */
export function train(
  messages: DeliveryStream<QueuedBatch>,
  worker: Worker,
  weights: PublishedWeights,
  stage: Stage,
): Observable<unknown> {
  const idle = [...WORKERS];
  // A server that forgets what it hands out has nowhere to put dead letters. Their rollouts have failed: that is kept.
  const givenUp = messages.guarantee === 'at-least-once' ? 'dead' : 'ack';
  return messages.pipe(
    work(
      (batch) => {
        const workerId = idle.shift()!;
        const free = (): void => void idle.push(workerId);
        return worker.attempt(batch, workerId).pipe(tap({ complete: free, error: free, unsubscribe: free }));
      },
      {
        concurrency: WORKERS.length,
        onError: (error) => {
          if (!(error instanceof AttemptFailed)) return 'fail';
          return error.forGood ? givenUp : { retry: { maxAttempts: 5, initialMs: 20, maxMs: 200 }, then: 'nack' };
        },
      },
    ),
    tap((lesson) => stage.add(lesson.flights.length)),
    bufferCount(STEPS_PER_PUBLICATION),
    concatMap(() => weights.publish()),
  );
}
