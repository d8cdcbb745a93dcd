import { sketch } from './axis.js';
import { isAsymmetric } from './asymmetric.js';
import { columnsOf, shortened } from './columns.js';
import { isLetter } from './free-letters.js';
import { eventOf, isMessage, type Message } from './messages.js';
import type { Moment } from './moment.js';

const MOST_COLUMNS = 400;
const MOST_ITEMS = 20;
const DEEPEST = 5;

/** Any value on one line, for people; what is longer than `columns` of a terminal ends with `…`. Never throws. */
export function showValue(value: unknown, columns = 72): string {
  return shortened(show(value, 0), columns);
}

function show(value: unknown, depth: number): string {
  return tried(() => showAny(value, depth));
}

/** Getters and proxies may throw; the rest is shown all the same. */
function tried(text: () => string): string {
  try {
    return text();
  } catch {
    return '(throws)';
  }
}

function showAny(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return value.name === ''
        ? 'a function'
        : `${/^class\b/.test(String(value)) ? 'class' : 'function'} ${value.name}`;
    case 'object':
      return value === null ? 'null' : showObject(value, depth);
    default:
      return String(value);
  }
}

function showObject(value: object, depth: number): string {
  if (isError(value)) return showError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (isAsymmetric(value)) return value.toAsymmetricMatcher?.() ?? String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return showBytes(value);
  const told = Array.isArray(value) ? value : 'messages' in value ? value.messages : undefined;
  if (isTold(told)) return showTold(told);
  if (depth >= DEEPEST) return Array.isArray(value) ? '[…]' : '{…}';
  const within = (item: unknown): string => show(item, depth + 1);
  if (Array.isArray(value)) return listed(value, within, '[', ']');
  if (value instanceof Map) {
    return `Map ${listed([...value], ([key, item]: [unknown, unknown]) => `${within(key)} => ${within(item)}`, '{ ', ' }')}`;
  }
  if (value instanceof Set) return `Set ${listed([...value], within, '{ ', ' }')}`;
  const entry = (key: string): string => `${keyed(key)}: ${tried(() => within(Reflect.get(value, key)))}`;
  return className(value) + listed(Object.keys(value), entry, '{ ', ' }');
}

/** An Observable as a value, as a `TestScheduler` has it. */
function isTold(value: unknown): value is readonly Message[] {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}

function showTold(messages: readonly Message[]): string {
  const moments = messages.map(eventOf).map(({ atMs, kind, value }): Moment => {
    const letter = typeof value === 'string' && isLetter(value) ? value : '?';
    return { atMs, kind, letter: kind === 'next' ? letter : kind === 'error' ? '#' : '|' };
  });
  return `Observable '${sketch(moments)}'`;
}

function listed<T>(items: readonly T[], text: (item: T) => string, open: string, close: string): string {
  if (items.length === 0) return open.trim() + close.trim();
  const texts: string[] = [];
  let columns = 0;
  for (const item of items.slice(0, MOST_ITEMS)) {
    const next = text(item);
    texts.push(next);
    columns += columnsOf(next);
    if (columns > MOST_COLUMNS) break;
  }
  const left = items.length - texts.length;
  return `${open}${texts.join(', ')}${left > 0 ? `, … ${left} more` : ''}${close}`;
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return '';
  const { constructor }: { constructor?: unknown } = value;
  return typeof constructor === 'function' && constructor.name !== '' ? `${constructor.name} ` : '';
}

/** Errors of other realms (a test framework's sandbox) are no instances of ours. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function showError(error: Error): string {
  const message = error.message.split('\n', 1)[0] ?? '';
  return message === '' ? error.name : `${error.name}: ${message}`;
}

/** Bytes in hex, and as text if they are nothing but. */
function showBytes(view: ArrayBufferView): string {
  if (!(view instanceof Uint8Array)) return `${view.constructor.name} of ${view.byteLength} bytes`;
  if (view.length === 0) return 'no bytes';
  const bytes = [...view.subarray(0, 16)];
  const more = view.length > bytes.length ? '…' : '';
  const count = view.length === 1 ? '1 byte' : `${view.length} bytes`;
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) {
    return `${count} ${quoted(String.fromCodePoint(...bytes))}${more}`;
  }
  return `${count} <${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}${more}>`;
}

function quoted(text: string): string {
  const short = text.length > MOST_COLUMNS ? `${text.slice(0, MOST_COLUMNS)}…` : text;
  if (short.includes("'") && !/["\p{Cc}]/u.test(short)) return `"${short}"`;
  return `'${JSON.stringify(short).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function keyed(key: string): string {
  return /^(?:\d+|[\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.test(key) ? key : quoted(key);
}
