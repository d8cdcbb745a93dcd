import { equals } from '../marbles/equality.js';

/** Whether an event is meant: a text is its name; an object names some of its fields, each deeply equal. */
export function meansEvent(actual: unknown, expected: unknown): boolean {
  if (!isObject(actual)) return false;
  if (typeof expected === 'string') return actual['name'] === expected;
  if (!isObject(expected)) return false;
  return Object.entries(expected).every(([field, value]) => equals(actual[field], value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
