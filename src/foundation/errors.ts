import { textWithoutSecrets, valueWithoutSecrets } from './secrets.js';

/** Symbol under which every Sluice error lists the codes of its class and of its ancestors, nearest first. */
const FAMILY = Symbol.for('sluice.error');

/** What an error knows beside its message: plain facts, for logs and for decisions. */
export type ErrorContext = Readonly<Record<string, unknown>>;

/** How to make a {@link SluiceError}. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly context?: ErrorContext;
  readonly retryable?: boolean;
}

/**
 * The root of all errors of this library. `code` never changes between releases; messages may.
 *
 * `instanceof` also works across two installed copies of the package: it compares codes, not prototypes.
 *
 * @example
 * import { SluiceError } from 'sluice';
 * const describe = (error: unknown) => (error instanceof SluiceError ? error.code : 'not ours');
 */
export class SluiceError extends Error {
  /** The stable code of the class; subclasses override it. */
  static readonly code: string = 'SLUICE';
  /** What `retryable` is when the one who makes the error does not say. */
  static readonly retryable: boolean = false;

  readonly code: string;
  /** True if the same call may succeed later without any change by the caller. */
  readonly retryable: boolean;
  readonly context: ErrorContext;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const type = new.target;
    this.name = type.name;
    this.code = type.code;
    this.retryable = details.retryable ?? type.retryable;
    this.context = details.context ?? {};
    Object.defineProperty(this, FAMILY, { value: familyOf(type) });
  }

  /** The seeds' spelling of {@link retryable}. */
  isRetryable(): boolean {
    return this.retryable;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const family: unknown = Reflect.get(value, FAMILY);
    return Array.isArray(family) && family.includes(this.code);
  }
}

type ErrorClass = typeof SluiceError;

const families = new WeakMap<ErrorClass, readonly string[]>();

function familyOf(type: ErrorClass): readonly string[] {
  const known = families.get(type);
  if (known !== undefined) return known;
  const codes: string[] = [];
  for (let at: unknown = type; typeof at === 'function' && 'code' in at; at = Object.getPrototypeOf(at)) {
    codes.push((at as ErrorClass).code);
  }
  const family = [...new Set(codes)];
  families.set(type, family);
  return family;
}

/** An option has a value that it must not have. Nothing was sent. */
export class InvalidOptionError extends SluiceError {
  static override readonly code: string = 'INVALID_OPTION';

  constructor(option: string, value: unknown, rule: string) {
    super(`${option}: ${rule}, got ${show(value)}`, { context: { option, value: valueWithoutSecrets(value), rule } });
  }
}

/** Something that the design names and this release does not do yet. */
export class NotImplementedError extends SluiceError {
  static override readonly code: string = 'NOT_IMPLEMENTED';
}

/** The deadline of a request or a handler has passed; the outcome is unknown. */
export class TimeoutError extends SluiceError {
  static override readonly code: string = 'TIMEOUT';
  static override readonly retryable: boolean = true;
}

/** The thing that was used has been closed. */
export class ClosedError extends SluiceError {
  static override readonly code: string = 'CLOSED';
}

function show(value: unknown): string {
  if (typeof value === 'string') return inQuotes(textWithoutSecrets(value));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null && !(value instanceof Error)) return shape(value);
  return String(value);
}

function inQuotes(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** An object by its class, or by the names of what it has: never its values, which may be secret, or without end. */
function shape(value: object): string {
  const { constructor: type }: { constructor?: unknown } = value;
  if (typeof type === 'function' && type !== Object) return `an instance of ${type.name}`;
  const keys = Object.keys(value);
  const names = keys.length > 5 ? [...keys.slice(0, 5), '…'] : keys;
  return `an object with ${names.length === 0 ? 'nothing in it' : names.join(', ')}`;
}
