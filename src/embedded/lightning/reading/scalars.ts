import type { Read } from './issues.js';

/** Digits as the genuine server takes them from a string: a sign, underscores inside, zeros behind a point. */
const INTEGER = /^[+-]?\d+(?:_\d+)*(?:\.0*)?$/;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

export const anything: Read<unknown> = (value) => value;

export const string: Read<string> = (value, issues) =>
  typeof value === 'string' ? value : issues.add('string_type', 'Input should be a valid string', value);

export const integer: Read<number> = (value, issues) => {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return value;
    if (!Number.isFinite(value)) return issues.add('finite_number', 'Input should be a finite number', value);
    const msg = 'Input should be a valid integer, got a number with a fractional part';
    return issues.add('int_from_float', msg, value);
  }
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return issues.add('int_type', 'Input should be a valid integer', value);
  const text = value.trim();
  if (INTEGER.test(text)) return Number(text.replaceAll('_', ''));
  return issues.add('int_parsing', 'Input should be a valid integer, unable to parse string as an integer', value);
};

/** An integer that is not below `least`. */
export const integerFrom =
  (least: number): Read<number> =>
  (value, issues) => {
    const read = integer(value, issues);
    if (read >= least || read === undefined) return read;
    return issues.add('greater_than_equal', `Input should be greater than or equal to ${least}`, value, { ge: least });
  };

export const float: Read<number> = (value, issues) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return issues.add('float_type', 'Input should be a valid number', value);
  const text = value.trim();
  if (FLOAT.test(text)) return Number(text.replaceAll('_', ''));
  if (NOT_FINITE.test(text))
    return /nan/i.test(text) ? Number.NaN : Number(`${text.startsWith('-') ? '-' : ''}Infinity`);
  return issues.add('float_parsing', 'Input should be a valid number, unable to parse string as a number', value);
};

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
]);

export const boolean: Read<boolean> = (value, issues) => {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'number' && typeof value !== 'string')
    return issues.add('bool_type', 'Input should be a valid boolean', value);
  const read = WORDS.get(String(value).toLowerCase());
  if (read !== undefined) return read;
  if (typeof value === 'number' && !Number.isInteger(value))
    return issues.add('bool_type', 'Input should be a valid boolean', value);
  return issues.add('bool_parsing', 'Input should be a valid boolean, unable to interpret input', value);
};

/** One of these words, exactly. */
export function oneOf<const T extends string>(...words: readonly [T, ...T[]]): Read<T> {
  const known = new Set<unknown>(words);
  const quoted = words.map((word) => `'${word}'`);
  const last = quoted.pop() ?? '';
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
  return (value, issues) =>
    known.has(value) ? (value as T) : issues.add('literal_error', `Input should be ${expected}`, value, { expected });
}

/** What `read` reads, or null. */
export const nullable =
  <T>(read: Read<T>): Read<T | null> =>
  (value, issues) =>
    value === null ? null : read(value, issues);
