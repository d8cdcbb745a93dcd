/** What an option of such a name holds is not for the logs that errors and options end up in; `rejectUnauthorized` is. */
const SECRET = /token|pass|secret|(?<!un)auth|credential|pfx$|key$/i;

/** Who somebody is, in front of a host: anything behind a scheme, a name with a password without one. */
const CREDENTIALS = /(:\/\/)[^\s/?#]*@|^[^\s/?#@:]*:[^\s/?#]*@/;
/** A name and a value in a query or a fragment. */
const PARAMETER = /([?&#])([^=&#\s]+)=[^&#\s]*/g;

/** More than that is not read in a log, and may have a key in it, as a certificate in PEM may. */
const MAX_CHARACTERS = 200;
/** Options are not deeper; what is may have no end. */
const MAX_DEPTH = 4;

export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

/** A text as a log may have it: what is secret in an address is hidden. */
export function textWithoutSecrets(text: string): string {
  return text
    .replace(CREDENTIALS, '$1(hidden)@')
    .replace(PARAMETER, (all, mark: string, name: string) => (isSecret(name) ? `${mark}${name}=(hidden)` : all));
}

/**
 * A copy of options that a log may have: secrets are hidden, long texts and bytes are told by their length, and what has
 * a class of its own by that.
 */
export function withoutSecrets(options: object): Record<string, unknown> {
  return copied(options, MAX_DEPTH);
}

/** The same of any one value, which stays what it is unless it is a text, plain options, or a list. */
export function valueWithoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return textWithoutSecrets(value);
  return isPlain(value) || Array.isArray(value) ? shown(value, MAX_DEPTH) : value;
}

function copied(options: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const isHidden = isSecret(name) && value !== undefined;
      return [name, isHidden ? '(hidden)' : shown(value, depth - 1)];
    }),
  );
}

function shown(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return value.length > MAX_CHARACTERS ? `(${value.length} characters)` : textWithoutSecrets(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (depth === 0 || !(isPlain(value) || Array.isArray(value))) return `[${className(value)}]`;
  return Array.isArray(value) ? value.map((each) => shown(each, depth - 1)) : copied(value, depth);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function className(value: object): string {
  const { constructor: type }: { constructor?: unknown } = value;
  return typeof type === 'function' ? type.name : 'Object';
}
