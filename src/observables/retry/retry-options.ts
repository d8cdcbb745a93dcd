import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError, SluiceError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import type { Delays } from '../../foundation/backoff/exponential.js';
import type { Random } from '../../foundation/backoff/full-jitter.js';
import { delaysOf, type Jitter } from '../../foundation/backoff/policy.js';

/** Options of {@link retryBackoff}. */
export interface RetryBackoffOptions {
  /** The longest first delay, in milliseconds (default 100). */
  readonly initialMs?: number | undefined;
  /** No delay is longer than this, in milliseconds (default 30 000, or `initialMs` if that is more). */
  readonly maxMs?: number | undefined;
  /** Growth from one delay to the next, at least 1 (default 2). */
  readonly factor?: number | undefined;
  /** `'full'` (default): evenly between 0 and the delay; `'none'`: exactly the delay. */
  readonly jitter?: Jitter | undefined;
  /** A subscription that errors at least this long after its first emission was stable: all counts start again (default `maxMs`). */
  readonly resetAfterMs?: number | undefined;
  /** How many subscriptions in a row may fail, the first included; 1 never retries (default `Infinity`). */
  readonly maxAttempts?: number | undefined;
  /** No retry begins later than this after the first failure in a row, in milliseconds (default `Infinity`). */
  readonly maxElapsedMs?: number | undefined;
  /** Whether an error is worth a retry (default: what a {@link SluiceError} says in `retryable`, and yes for any other error). */
  readonly when?: ((error: unknown) => boolean) | undefined;
  /** The source of jitter (default `Math.random`). */
  readonly random?: Random | undefined;
}

/** Checked options, ready for use. */
export interface RetryPlan {
  readonly delays: Delays;
  readonly resetAfterMs: number;
  readonly maxAttempts: number;
  readonly maxElapsedMs: number;
  readonly when: (error: unknown) => boolean;
}

const NAMES: OptionNames<RetryBackoffOptions> = {
  initialMs: true,
  maxMs: true,
  factor: true,
  jitter: true,
  resetAfterMs: true,
  maxAttempts: true,
  maxElapsedMs: true,
  when: true,
  random: true,
};

/** Checks options and fills in the defaults. */
export function retryPlan(options: RetryBackoffOptions): RetryPlan {
  onlyKnown('retryBackoff', options, NAMES);
  const { initialMs = 100, factor, jitter = 'full', random, when = isRetryable } = options;
  const { maxMs = Math.max(30_000, milliseconds('initialMs', initialMs)) } = options;
  const { maxAttempts = Infinity, maxElapsedMs = Infinity } = options;
  const delays = delaysOf({ initialMs, maxMs, factor, jitter, random });
  if (typeof when !== 'function') throw new InvalidOptionError('when', when, 'must be a function of the error');
  return {
    delays,
    when,
    resetAfterMs: milliseconds('resetAfterMs', options.resetAfterMs ?? maxMs),
    maxAttempts: maxAttempts === Infinity ? maxAttempts : integerIn('maxAttempts', maxAttempts, 1, 2 ** 31 - 1),
    maxElapsedMs: maxElapsedMs === Infinity ? maxElapsedMs : milliseconds('maxElapsedMs', maxElapsedMs),
  };
}

function isRetryable(error: unknown): boolean {
  return error instanceof SluiceError ? error.retryable : true;
}
