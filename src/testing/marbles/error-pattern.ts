import { equals } from './equality.js';
import { isPlain } from './plain.js';

/**
 * Whether an error is of the class `pattern`, has a message in which the expression `pattern` finds something, or has
 * every property of the plain object `pattern`.
 */
export function matchesError(error: unknown, pattern: unknown): boolean {
  if (typeof pattern === 'function') return error instanceof pattern;
  if (typeof error !== 'object' || error === null) return false;
  const message: unknown = Reflect.get(error, 'message');
  if (typeof pattern !== 'object' || pattern === null) return false;
  if (pattern instanceof RegExp) return typeof message === 'string' && message.search(pattern) >= 0;
  if (!isPlain(pattern)) return false;
  return Object.entries(pattern).every(([key, value]) => equals(Reflect.get(error, key), value));
}
