import { isDeepStrictEqual } from 'node:util';
import { isAsymmetric } from './asymmetric.js';
import { isPlain } from './plain.js';

/**
 * Whether two values are deeply equal. `expect.any(String)` and its kin may stand anywhere in lists and plain objects
 * of what is expected; those need not be of the same realm, as what `structuredClone` makes is not in a sandbox. Bytes
 * are equal in a Buffer and without one.
 */
export function equals(actual: unknown, expected: unknown): boolean {
  return within(actual, expected, new Map());
}

function within(actual: unknown, expected: unknown, seen: Map<object, unknown>): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual);
  if (!isObject(actual) || !isObject(expected)) return Object.is(actual, expected);
  if (isDeepStrictEqual(actual, expected)) return true;
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) return Buffer.compare(actual, expected) === 0;
  // What holds itself is equal if nothing else in it differs.
  if (seen.has(expected)) return seen.get(expected) === actual;
  seen.set(expected, actual);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item, index) => within(actual[index], item, seen));
  }
  if (Array.isArray(actual) || !isPlain(actual) || !isPlain(expected)) return false;
  const keys = Object.keys(expected);
  if (keys.length !== Object.keys(actual).length) return false;
  return keys.every(
    (key) => Object.hasOwn(actual, key) && within(Reflect.get(actual, key), Reflect.get(expected, key), seen),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
