import { milliseconds } from '../check.js';
import { InvalidOptionError } from '../errors.js';
import { onlyKnown } from '../known-options.js';

/** How long to wait before the retry with this index (0 is the first). Pure: the same index gives the same delay, jitter aside. */
export type Delays = (retry: number) => number;

/** The shape of a growing delay. */
export interface ExponentialOptions {
  /** The first delay, in milliseconds. */
  readonly initialMs: number;
  /** No delay is longer than this, in milliseconds; at least `initialMs`. */
  readonly maxMs: number;
  /** What each delay is multiplied with to give the next, at least 1 (default 2). */
  readonly factor?: number | undefined;
}

/**
 * Delays that grow by a factor up to a cap, in whole milliseconds.
 *
 * @throws InvalidOptionError if a bound is not a number of milliseconds, `maxMs < initialMs`, or `factor < 1`.
 * @example
 * const delays = exponential({ initialMs: 100, maxMs: 1_000 });
 * console.log([0, 1, 2, 3, 4].map(delays)); // [100, 200, 400, 800, 1000]
 */
export function exponential(options: ExponentialOptions): Delays {
  const {
    initialMs,
    maxMs,
    factor = 2,
  } = onlyKnown('exponential', options, {
    initialMs: true,
    maxMs: true,
    factor: true,
  });
  milliseconds('initialMs', initialMs);
  milliseconds('maxMs', maxMs);
  if (maxMs < initialMs) throw new InvalidOptionError('maxMs', maxMs, `must not be below initialMs (${initialMs})`);
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw new InvalidOptionError('factor', factor, 'must be a finite number, at least 1');
  }
  // Far out the power is Infinity, and 0 * Infinity is no delay.
  if (initialMs === 0) return () => 0;
  return (retry) => Math.floor(Math.min(maxMs, initialMs * factor ** retry));
}
