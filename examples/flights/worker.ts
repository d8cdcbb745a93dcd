import { catchError, concatMap, defer, map, of, throwError, type Observable } from 'rxjs';
import type { AttemptedRollout, AttemptStatus, Rollout } from 'sluice/lightning';
import { claim, isAttempted } from './claim.js';
import type { Failures } from './failures.js';
import type { QueuedBatch } from './mini-batches.js';
import { patiently } from './patience.js';
import type { Rollouts } from './rollouts.js';
import { spanOf } from './spans.js';
import type { Lesson, Trainer } from './trainer.js';

/** An attempt at a mini-batch has failed, and the store has been told. */
export class AttemptFailed extends Error {
  override readonly name = 'AttemptFailed';

  constructor(
    /** Whether the rollout has no attempt left. */
    readonly forGood: boolean,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What the four workers do, each with one mini-batch at a time. */
export class Worker {
  constructor(
    private readonly rollouts: Rollouts,
    private readonly trainer: Trainer,
    private readonly failures: Failures,
  ) {}

  /** Makes one attempt: takes the rollout, trains a step, tells the store. Errors with {@link AttemptFailed}. */
  attempt(batch: QueuedBatch, workerId: string): Observable<Lesson> {
    return claim(this.rollouts, batch.rolloutId, workerId).pipe(
      concatMap((rollout) => {
        // A message may come again after it has been worked on, if its ack was lost.
        if (rollout.status === 'succeeded') return of(NOTHING_NEW);
        if (isAttempted(rollout) && isUnderWay(rollout)) return this.#train(batch, rollout, workerId);
        throw new AttemptFailed(true, new Error(`${rollout.rolloutId} has ended before: ${rollout.status}`));
      }),
    );
  }

  #train(batch: QueuedBatch, rollout: AttemptedRollout, workerId: string): Observable<Lesson> {
    const step = defer(() => {
      // The store counts the attempts: a message may come more often than its mini-batch is tried.
      this.failures.strike(batch.number, rollout.attempt.sequenceId);
      return this.trainer.train(batch);
    });
    return step.pipe(
      catchError((error: unknown) => this.#failed(rollout, error, workerId)),
      concatMap((lesson) => this.#succeeded(rollout, lesson, workerId)),
    );
  }

  #failed(rollout: AttemptedRollout, cause: unknown, workerId: string): Observable<never> {
    const failure = new AttemptFailed(rollout.attempt.sequenceId >= rollout.config.maxAttempts, cause);
    return this.#end(rollout, 'failed', workerId).pipe(concatMap(() => throwError(() => failure)));
  }

  #succeeded(rollout: AttemptedRollout, lesson: Lesson, workerId: string): Observable<Lesson> {
    const { store } = this.rollouts;
    return store.getNextSpanSequenceId(rollout.rolloutId, rollout.attempt.attemptId).pipe(
      patiently(),
      concatMap((sequenceId) => store.addSpan(spanOf(rollout, sequenceId, lesson)).pipe(patiently())),
      concatMap(() => this.#end(rollout, 'succeeded', workerId)),
      map(() => lesson),
    );
  }

  #end({ rolloutId, attempt }: AttemptedRollout, status: AttemptStatus, workerId: string): Observable<unknown> {
    return this.rollouts.store.updateAttempt(rolloutId, attempt.attemptId, { status, workerId }).pipe(patiently());
  }
}

const NOTHING_NEW: Lesson = { flights: [], error: 0 };

function isUnderWay({ status }: Rollout): boolean {
  return status === 'preparing' || status === 'running';
}
