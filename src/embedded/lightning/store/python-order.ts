import { StoreError } from './store-error.js';

/** Compares as Python does: numbers and booleans, strings by code point, arrays item by item; all else has no order. */
export function pythonOrder(a: unknown, b: unknown, nameOf: (value: unknown) => string): number {
  if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return codePointOrder(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      if (same(a[at], b[at])) continue;
      return pythonOrder(a[at], b[at], pythonName);
    }
    return a.length - b.length;
  }
  throw new StoreError('TypeError', `'<' not supported between instances of '${nameOf(a)}' and '${nameOf(b)}'`);
}

/** UTF-16 sorts characters beyond the basic plane before some that are in it. */
export function codePointOrder(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) return rank(x) - rank(y);
    return x - y;
  }
  return a.length - b.length;
}

/** What Python calls a value that came as JSON. */
export function pythonName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'dict';
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';

/** Surrogates stand for characters above all others. */
const rank = (unit: number): number => (unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

function same(a: unknown, b: unknown): boolean {
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
