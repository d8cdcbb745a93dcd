import type { Delays } from './exponential.js';

/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

/**
 * Spreads each delay evenly between 0 and itself, so that many clients that failed together don't come back together.
 *
 * @example
 * import { exponential, fullJitter } from 'sluice';
 * const delays = fullJitter(exponential({ initialMs: 100, maxMs: 1_000 }), Math.random);
 * console.log(delays(2)); // a whole number of milliseconds from 0 to 400
 */
export function fullJitter(delays: Delays, random: Random): Delays {
  return (retry) => {
    const delay = delays(retry);
    return Math.min(delay, Math.floor(random() * (delay + 1)));
  };
}
