import { isAsymmetric } from '../marbles/asymmetric.js';
import { equals } from '../marbles/equality.js';
import type { FateEvent } from './fate-event.js';

/** Whether a fate is what a test expects: a name of a fate, or an object that names some of what it is. */
export function isExpectedFate(actual: unknown, expected: unknown): boolean {
  // The end of a session is an event, too, and no fate.
  if (typeof expected !== 'string' || !isFate(actual)) return holds(actual, expected);
  return actual.fate === expected;
}

function isFate(actual: unknown): actual is FateEvent {
  return typeof actual === 'object' && actual !== null && 'fate' in actual;
}

/** Plain objects hold what they are asked for and may hold more; everything else is equal or not. */
function holds(actual: unknown, expected: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (!isPlain(expected)) return equals(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(([key, value]) => holds(Reflect.get(actual, key), value));
}

/** Whether it is an object without a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // By its name: a test may come from another realm than this code, as it does in jest.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
