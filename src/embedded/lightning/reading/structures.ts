import type { Read } from './issues.js';

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key of an object: how its value is read, and what stands for it when it is absent. */
interface Field<T> {
  readonly read: Read<T>;
  readonly required: boolean;
  readonly absent: () => T;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type Values<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export function required<T>(read: Read<T>): Field<T> {
  return { read, required: true, absent: () => undefined as never };
}

/** A key that may be left out; it is undefined then. */
export function optional<T>(read: Read<T>): Field<T | undefined> {
  return { read, required: false, absent: () => undefined };
}

/** A key that may be left out; `fallback` makes what stands for it then. */
export function defaulted<T>(read: Read<T>, fallback: () => T): Field<T> {
  return { read, required: false, absent: fallback };
}

/** An object with these keys. Others are dropped, or kept behind them if `extra` is `'keep'`. */
export function object<F extends Fields>(fields: F, extra: 'drop' | 'keep' = 'drop'): Read<Values<F>> {
  const entries = Object.entries(fields);
  const known = new Set(Object.keys(fields));
  return (value, issues) => {
    if (!isJsonObject(value)) {
      const msg = 'Input should be a valid dictionary or object to extract fields from';
      return issues.add('model_attributes_type', msg, value);
    }
    const result: JsonObject = {};
    for (const [key, field] of entries) {
      const part = value[key];
      if (part !== undefined) result[key] = issues.within(key, field.read, part);
      else if (field.required) issues.within(key, (whole) => issues.add('missing', 'Field required', whole), value);
      else result[key] = field.absent();
    }
    if (extra === 'keep') for (const key of Object.keys(value)) if (!known.has(key)) keep(result, key, value[key]);
    return result as Values<F>;
  };
}

export function list<T>(read: Read<T>): Read<T[]> {
  return (value, issues) => {
    if (!Array.isArray(value)) return issues.add('list_type', 'Input should be a valid list', value);
    return value.map((part: unknown, index) => issues.within(index, read, part));
  };
}

/** An object whose keys are data. */
export function dictionary<T>(read: Read<T>): Read<Record<string, T>> {
  return (value, issues) => {
    if (!isJsonObject(value)) return issues.add('dict_type', 'Input should be a valid dictionary', value);
    const result: Record<string, T> = {};
    for (const key of Object.keys(value)) keep(result, key, issues.within(key, read, value[key]));
    return result;
  };
}

/** An object whose keys and values are data. */
export const freeForm: Read<JsonObject> = (value, issues) =>
  isJsonObject(value) ? value : issues.add('dict_type', 'Input should be a valid dictionary', value);

/** Keys such as `__proto__` are data, too. */
function keep(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}
