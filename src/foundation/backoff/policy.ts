import { InvalidOptionError } from '../errors.js';
import { exponential, type Delays, type ExponentialOptions } from './exponential.js';
import { fullJitter, type Random } from './full-jitter.js';

/** Counts retries and says how long to wait before the next; whoever owns it does the waiting. */
export interface BackoffPolicy {
  /** The delay before the next retry, in milliseconds; each call counts as one retry. */
  next(): number;
  /** Things went well: the next delay is the first again. */
  reset(): void;
}

/** How delays are spread: `'full'` between 0 and the delay, `'none'` not at all. */
export type Jitter = 'full' | 'none';

/** How to make a {@link BackoffPolicy}. */
export interface BackoffOptions extends ExponentialOptions {
  readonly jitter: Jitter;
  /** The source of jitter (default `Math.random`). */
  readonly random?: Random | undefined;
}

/**
 * The delays that options describe.
 *
 * @throws InvalidOptionError naming the option that is wrong.
 */
export function delaysOf({ jitter, random = Math.random, ...shape }: BackoffOptions): Delays {
  const delays = exponential(shape);
  if (typeof random !== 'function') throw new InvalidOptionError('random', random, 'must be a function');
  if (jitter === 'none') return delays;
  if (jitter === 'full') return fullJitter(delays, random);
  throw new InvalidOptionError('jitter', jitter, "must be 'full' or 'none'");
}

/**
 * A counter over delays.
 *
 * @example
 * import { exponential } from 'sluice';
 * const backoff = backoffPolicy(exponential({ initialMs: 100, maxMs: 1_000 }));
 * console.log(backoff.next(), backoff.next()); // 100 200
 * backoff.reset();
 * console.log(backoff.next()); // 100
 */
export function backoffPolicy(delays: Delays): BackoffPolicy {
  let retries = 0;
  return {
    next: () => delays(retries++),
    reset: () => {
      retries = 0;
    },
  };
}
