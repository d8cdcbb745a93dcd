import { PayloadError } from '../../../../codecs/payload/errors.js';
import { integerIn, milliseconds } from '../../../../foundation/check.js';
import { exponential, type Delays } from '../../../../foundation/backoff/exponential.js';
import { fullJitter } from '../../../../foundation/backoff/full-jitter.js';
import { InvalidOptionError } from '../../../../foundation/errors.js';
import { onlyKnown } from '../../../../foundation/known-options.js';

/**
 * What happens to a delivery whose handler has failed for good: it comes again (`nack`), goes to the dead letters
 * (`dead`), counts as done (`ack`), or the stream errors with a `HandlerError` and leaves it unsettled (`fail`).
 */
export type Verdict = 'nack' | 'dead' | 'ack' | 'fail';

/** How often and how soon a handler is called again. Pauses are random, up to a limit that doubles (full jitter). */
export interface RetryPolicy {
  /** Includes the first; 5 by default. `Infinity` is allowed, except where the server itself gives up, as Flo does after 5. */
  readonly maxAttempts?: number;
  /** The limit of the first pause, in milliseconds; 200 by default. */
  readonly initialMs?: number;
  /** The highest limit, in milliseconds; 30 000 by default. */
  readonly maxMs?: number;
}

/** A policy in full: tries again as `retry` says, then gives the verdict `then`. */
export interface OnError {
  /** Without it nothing is tried again, unless there is a `when`: then as by default. */
  readonly retry?: RetryPolicy;
  /** Which errors are worth a retry; by default all but a {@link PayloadError}, since bytes stay what they are. */
  readonly when?: (error: unknown) => boolean;
  /** `dead` by default; where the source has no way for dead letters, that is `fail`. */
  readonly then?: Verdict;
}

/** What to do now. */
export type Step = { readonly do: 'retry'; readonly delayMs: number } | { readonly do: Verdict };

/** Decides on one failure; `attempt` counts from 1 and is infinite where no retry can help. */
export interface ErrorPolicy {
  (error: unknown, attempt: number): Step;
  /** What the user asked for; undefined if that was nothing. */
  readonly maxAttempts: number | undefined;
}

const VERDICTS: readonly unknown[] = ['nack', 'dead', 'ack', 'fail'] satisfies Verdict[];
const PARTS = { retry: true, when: true, then: true } as const;
const RETRY_PARTS = { maxAttempts: true, initialMs: true, maxMs: true } as const;
const DEFAULT_RETRY = { maxAttempts: 5, initialMs: 200, maxMs: 30_000 };

/** What `work` does when nothing else is said. */
export const DEFAULT_ON_ERROR: OnError = { retry: {} };

/** How long a nacked delivery stays away: it grows with each attempt and is never nothing. */
export const nackDelays: Delays = exponential({ initialMs: DEFAULT_RETRY.initialMs, maxMs: DEFAULT_RETRY.maxMs });

/**
 * Makes a policy of what the user wrote.
 * @throws {@link InvalidOptionError} naming the part that is wrong.
 */
export function errorPolicy(onError: Verdict | OnError, random: () => number = Math.random): ErrorPolicy {
  if (typeof onError !== 'object' || onError === null) {
    const verdict = checkVerdict('onError', onError, ', or an object with retry, when and then');
    return Object.assign((): Step => ({ do: verdict }), { maxAttempts: undefined });
  }
  const {
    when,
    retry = when === undefined ? undefined : DEFAULT_RETRY,
    then = 'dead',
  } = onlyKnown('onError', onError, PARTS);
  checkVerdict('onError.then', then);
  if (when !== undefined && typeof when !== 'function') {
    throw new InvalidOptionError('onError.when', when, 'must be a function of the error');
  }
  const { maxAttempts, delays } = retrySchedule(retry, random);
  const isWorthIt = when ?? mayPass;
  const policy = (error: unknown, attempt: number): Step => {
    if (attempt < maxAttempts && isWorthIt(error)) return { do: 'retry', delayMs: delays(attempt - 1) };
    return { do: then };
  };
  return Object.assign(policy, { maxAttempts: onError.retry?.maxAttempts });
}

/** @throws {@link InvalidOptionError} when more tries are asked for than the server allows deliveries. */
export function checkCeiling({ maxAttempts }: ErrorPolicy, ceiling: number | undefined): void {
  if (maxAttempts === undefined || ceiling === undefined || maxAttempts <= ceiling) return;
  const rule = `must be at most ${ceiling}: after that many deliveries the server dead-letters by itself`;
  throw new InvalidOptionError('onError.retry.maxAttempts', maxAttempts, rule);
}

function retrySchedule(retry: RetryPolicy | undefined, random: () => number): { maxAttempts: number; delays: Delays } {
  if (retry === undefined) return { maxAttempts: 1, delays: () => 0 };
  const { maxAttempts, initialMs, maxMs } = { ...DEFAULT_RETRY, ...onlyKnown('onError.retry', retry, RETRY_PARTS) };
  milliseconds('onError.retry.initialMs', initialMs);
  milliseconds('onError.retry.maxMs', maxMs);
  if (maxAttempts !== Number.POSITIVE_INFINITY) {
    integerIn('onError.retry.maxAttempts', maxAttempts, 1, Number.MAX_SAFE_INTEGER);
  }
  return { maxAttempts, delays: fullJitter(exponential({ initialMs, maxMs: Math.max(initialMs, maxMs) }), random) };
}

/** Bytes that can't be decoded stay what they are. */
function mayPass(error: unknown): boolean {
  return !(error instanceof PayloadError);
}

function checkVerdict(option: string, verdict: Verdict, more = ''): Verdict {
  if (VERDICTS.includes(verdict)) return verdict;
  throw new InvalidOptionError(option, verdict, `must be 'nack', 'dead', 'ack' or 'fail'${more}`);
}
