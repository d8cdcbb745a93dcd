import { isAsymmetric } from './asymmetric.js';
import { equals } from './equality.js';
import { isPlain } from './plain.js';

/**
 * Whether a value is what a test says of it: plain objects hold what they are asked for, however deep, and may hold more;
 * everything else is equal or not.
 */
export function holds(actual: unknown, expected: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (typeof expected !== 'object' || expected === null || !isPlain(expected)) return equals(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(expected).every(([key, value]) => holds(Reflect.get(actual, key), value));
}
