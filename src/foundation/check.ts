import { InvalidOptionError } from './errors.js';

/** Returns `value` if it is an integer in `[min, max]`, else throws an error that names the option and the rule. */
export function integerIn(option: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidOptionError(option, value, `must be an integer from ${min} to ${max}`);
}

/** Returns `value` if it is a number of milliseconds from 0 to `max` (by default what a timer can hold). */
export function milliseconds(option: string, value: number, max = 2 ** 31 - 1): number {
  if (Number.isFinite(value) && value >= 0 && value <= max) return value;
  throw new InvalidOptionError(option, value, `must be a number of milliseconds from 0 to ${max}`);
}
