import { ProtocolError } from './errors.js';

/** Strings (the closing quote is optional, so that hostile text is scanned only once) and numbers. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\[\s\S])*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** An integer that a JavaScript number may not hold. */
const LONG_INTEGER = /^-?\d{16,}$/;

export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON whose integers may exceed 2^53: those come as strings of digits, which {@link u64Of} takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(STRING_OR_NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token)));
  } catch (cause) {
    throw new ProtocolError('a reply is not valid JSON', { cause, context: { text } });
  }
}

export function objectOf(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProtocolError('a reply is not a JSON object', { context: { value } });
}

export function u64Of(object: JsonObject, name: string): bigint {
  const value = object[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^\d{16,20}$/.test(value)) {
    const large = BigInt(value);
    if (large <= 0xffff_ffff_ffff_ffffn) return large;
  }
  throw badField(name, 'an integer from 0 to 2^64 - 1', value);
}

export function u32Of(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && value >>> 0 === value) return value;
  throw badField(name, 'an integer from 0 to 2^32 - 1', value);
}

export function stringOf(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw badField(name, 'a string', value);
}

export function booleanOf(object: JsonObject, name: string): boolean {
  const value = object[name];
  if (typeof value === 'boolean') return value;
  throw badField(name, 'true or false', value);
}

function badField(name: string, rule: string, value: unknown): ProtocolError {
  return new ProtocolError(`a reply's ${name} must be ${rule}`, { context: { name, value } });
}
