import { holds } from '../marbles/part-of.js';
import type { WireEvent } from './wire-event.js';

/** Whether an event is meant: a text is its name, an object names some of what it says. */
export function meansEvent(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') return (actual as Partial<WireEvent> | undefined)?.name === expected;
  return holds(actual, expected);
}
