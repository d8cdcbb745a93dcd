import { decodeUtf8 } from '../payload/utf8.js';
import { ProtocolError } from './errors.js';

/** Fields by name. `JSON.parse` makes each key an own one, `__proto__` too, and so does nothing but read by known names. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses an answer's body; white space only is `null`, as the official client reads it. */
export function parseBody(body: Uint8Array): unknown {
  try {
    const text = decodeUtf8(body);
    return text.trim() === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('an answer is not valid JSON', { cause, context: { bytes: body.length } });
  }
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new ProtocolError(`${what} must be a JSON object`, { context: { value } });
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ProtocolError(`${what} must be a JSON array`, { context: { value } });
}

export function stringOf(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw badField(name, 'a string', value);
}

export function numberOf(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number') return value;
  throw badField(name, 'a number', value);
}

/** A string, or undefined for `null` and for what is left out. */
export function maybeString(object: JsonObject, name: string): string | undefined {
  return object[name] === undefined || object[name] === null ? undefined : stringOf(object, name);
}

export function maybeNumber(object: JsonObject, name: string): number | undefined {
  return object[name] === undefined || object[name] === null ? undefined : numberOf(object, name);
}

/** An object with keys of the user's, as it was parsed. */
export function maybeObject(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[name];
  return value === undefined || value === null ? undefined : objectOf(value, name);
}

/** Seconds on the wire, milliseconds here, to the microsecond: seconds times 1000 alone leave noise in the last digit. */
export function msOf(object: JsonObject, name: string): number {
  return Math.round(numberOf(object, name) * 1e6) / 1e3;
}

export function maybeMs(object: JsonObject, name: string): number | undefined {
  return object[name] === undefined || object[name] === null ? undefined : msOf(object, name);
}

function badField(name: string, rule: string, value: unknown): ProtocolError {
  return new ProtocolError(`an answer's ${name} must be ${rule}`, { context: { name, value } });
}
