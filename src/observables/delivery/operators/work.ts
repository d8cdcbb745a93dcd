import type { Observable, OperatorFunction } from 'rxjs';
import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { DUTY, type AnyDelivery, type Flow, type ResultOf, type ValueOf } from '../types.js';
import { operate } from './operate.js';
import { Crew } from './work/crew.js';
import {
  checkCeiling,
  DEFAULT_ON_ERROR,
  errorPolicy,
  type ErrorPolicy,
  type OnError,
  type Step,
  type Verdict,
} from './work/error-policy.js';
import type { Job, WorkContext } from './work/job.js';

export type { OnError, RetryPolicy, Verdict } from './work/error-policy.js';
export type { WorkContext } from './work/job.js';

/** A handler returns a value, a promise, or an Observable whose last value counts; an array is a value. */
export type WorkOutput<O> = O | PromiseLike<O> | Observable<O>;
/** What a handler must return: the result that acks its delivery, or anything where nothing is needed. */
export type ResultFor<R> = [R] extends [void] ? unknown : R;

/** How `work` goes about it. */
export interface WorkOptions<D> {
  /** How many handlers may run at once; 1 by default, which keeps the order. */
  readonly concurrency?: number;
  /** Deliveries with the same key are worked on one after the other, in order. */
  readonly by?: (value: ValueOf<D>, delivery: D) => unknown;
  /** How long one try may take; unlimited by default. The handler of a late try is aborted and its slot freed. */
  readonly timeoutMs?: number;
  /** What a failure leads to; by default five tries with growing pauses, then `dead` where there is a way, else `fail`. */
  readonly onError?: Verdict | OnError | ((error: unknown, context: WorkContext<D>) => Verdict | OnError);
}

const OPTIONS = { concurrency: true, by: true, timeoutMs: true, onError: true } as const;

/**
 * Calls the handler for each delivery, settles by its outcome, and emits the results of those that were acked.
 *
 * A delivery is settled before its result is emitted. Failures are retried, then decided by `onError`; with `fail` the
 * stream errors with a {@link HandlerError}. A waiting retry frees its slot but blocks its key.
 *
 * A value that can't be read is a failure like any other. A {@link PayloadError} is not retried: bytes stay what they
 * are. That holds for what the handler reads itself, too, such as `record.value` behind `records()`, unless `when` says
 * otherwise.
 *
 * @throws {@link InvalidOptionError} when an option is unknown or out of range; the stream errors with one at the first delivery
 * from a server that dead-letters by itself before `maxAttempts` are reached.
 * @example
 * import { work } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ host: '127.0.0.1', port: 1992 });
 * lance
 *   .consume('flights', { name: 'delays', deadLetters: { topic: 'flights-dead' } })
 *   .pipe(work(async (batch) => batch.length, { concurrency: 4, onError: { retry: { maxAttempts: 3 }, then: 'dead' } }))
 *   .subscribe((size) => console.log(size));
 */
export function work<D extends AnyDelivery, O extends ResultFor<ResultOf<D>>>(
  handler: (value: ValueOf<D>, context: WorkContext<D>) => WorkOutput<O>,
  options: WorkOptions<D> = {},
): OperatorFunction<D, O> {
  if (typeof handler !== 'function') throw new InvalidOptionError('work handler', handler, 'must be a function');
  const { concurrency = 1, by, timeoutMs, onError = DEFAULT_ON_ERROR } = onlyKnown('work', options, OPTIONS);
  if (concurrency !== Number.POSITIVE_INFINITY) integerIn('work.concurrency', concurrency, 1, Number.MAX_SAFE_INTEGER);
  if (by !== undefined && typeof by !== 'function') {
    throw new InvalidOptionError('work.by', by, 'must be a function of the value');
  }
  if (timeoutMs !== undefined) milliseconds('work.timeoutMs', timeoutMs);
  // What is decided by error is known only when there is one.
  const fixed = typeof onError === 'function' ? undefined : errorPolicy(onError);
  const policyFor = (error: unknown, job: Job<D>): ErrorPolicy =>
    fixed ?? errorPolicy(typeof onError === 'function' ? onError(error, job) : onError);
  const check = (flow: Flow): void => {
    if (fixed !== undefined) checkCeiling(fixed, flow.maxAttempts);
  };
  const decide = (error: unknown, job: Job<D>, isFinal: boolean): Step => {
    const { maxAttempts = Number.POSITIVE_INFINITY } = job.delivery[DUTY].flow;
    const policy = policyFor(error, job);
    checkCeiling(policy, maxAttempts);
    return policy(error, isFinal || job.attempt >= maxAttempts ? Number.POSITIVE_INFINITY : job.attempt);
  };
  return operate<D, O>((below) => new Crew<D, O>(below, { handler, concurrency, by, timeoutMs, check, decide }));
}
