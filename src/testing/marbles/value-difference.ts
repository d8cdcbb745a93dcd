import { equals } from './equality.js';
import { isMessage } from './messages.js';
import { isPlain } from './plain.js';
import { isError, showValue } from './show-value.js';

/** Where two values part. */
export interface ValueDifference {
  /** Such as `.users[3].name`; empty if the values have nothing inside. */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

const DEEPEST = 20;

/** The first part in which two objects, lists, texts or bytes differ; undefined if there is no telling. Never throws. */
export function valueDifference(expected: unknown, actual: unknown, partial: boolean): ValueDifference | undefined {
  try {
    return within(expected, actual, '', partial, 0);
  } catch {
    return undefined;
  }
}

function within(
  expected: unknown,
  actual: unknown,
  path: string,
  partial: boolean,
  depth: number,
): ValueDifference | undefined {
  if (equals(actual, expected)) return undefined;
  const leaf = { path, expected: showValue(expected, 60), actual: showValue(actual, 60) };
  if (typeof expected === 'string' && typeof actual === 'string') return texts(expected, actual, path) ?? leaf;
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null) return leaf;
  if (expected instanceof Uint8Array && actual instanceof Uint8Array) return bytes(expected, actual, path);
  if (Array.isArray(expected) && expected.some(isMessage)) return leaf;
  if (depth === DEEPEST || !alike(expected, actual, partial)) return leaf;
  if (isError(expected) && isError(actual) && String(expected) !== String(actual)) return leaf;
  const keys = new Set([...Object.keys(expected), ...(partial ? [] : Object.keys(actual))]);
  for (const key of keys) {
    const inside = path + step(key, Array.isArray(expected));
    const one = entry(expected, key);
    const other = entry(actual, key);
    if (one !== undefined && other !== undefined) {
      const found = within(one.value, other.value, inside, partial, depth + 1);
      if (found !== undefined) return found;
      continue;
    }
    const shown = (it: { value: unknown } | undefined): string =>
      it === undefined ? 'nothing' : showValue(it.value, 60);
    return { path: inside, expected: shown(one), actual: shown(other) };
  }
  return depth === 0 ? undefined : leaf;
}

function entry(object: object, key: string): { value: unknown } | undefined {
  return key in object ? { value: Reflect.get(object, key) } : undefined;
}

/** Whether it makes sense to look into both: lists, or objects of the same class, of which a part may be plain. */
function alike(expected: object, actual: object, partial: boolean): boolean {
  if (Array.isArray(expected) || Array.isArray(actual)) return Array.isArray(expected) && Array.isArray(actual);
  const [one, other]: unknown[] = [Object.getPrototypeOf(expected), Object.getPrototypeOf(actual)];
  return one === other || (partial && isPlain(expected));
}

function step(key: string, inArray: boolean): string {
  if (inArray) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${showValue(key)}]`;
}

function texts(expected: string, actual: string, path: string): ValueDifference | undefined {
  if (Math.max(expected.length, actual.length) <= 30) return undefined;
  let at = 0;
  while (expected[at] === actual[at]) at++;
  const around = (text: string): string => {
    const from = Math.max(0, at - 10);
    return `${from > 0 ? '…' : ''}${showValue(text.slice(from, at + 20), 60)}${text.length > at + 20 ? '…' : ''}`;
  };
  return { path: `${path} from character ${at}`.trim(), expected: around(expected), actual: around(actual) };
}

function bytes(expected: Uint8Array, actual: Uint8Array, path: string): ValueDifference {
  let at = 0;
  while (at < expected.length && expected[at] === actual[at]) at++;
  const around = (view: Uint8Array): string => (at < view.length ? showValue(view.subarray(at, at + 16)) : 'the end');
  return { path: `${path} from byte ${at}`.trim(), expected: around(expected), actual: around(actual) };
}
