import { holds } from '../marbles/part-of.js';
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
