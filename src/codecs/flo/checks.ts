import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { NotSupportedError } from '../payload/errors.js';
import { encodeUtf8 } from '../payload/utf8.js';
import type { FloProtocol } from './codec.js';
import { MAX_KEY_BYTES, MAX_NAMESPACE_BYTES, MAX_OPTION_BYTES, MAX_SEQS, MAX_WAIT_MS } from './limits.js';

const MAX_U64 = 2n ** 64n - 1n;

/** A namespace as it goes out; an empty one means `default` to a server. */
export function namespaceBytes(namespace: string): Uint8Array {
  const bytes = encodeUtf8(namespace);
  if (bytes.length <= MAX_NAMESPACE_BYTES && !bytes.includes(0)) return bytes;
  throw new InvalidOptionError('namespace', namespace, `must have at most ${MAX_NAMESPACE_BYTES} bytes and no NUL`);
}

/** A key or the name of a queue: servers separate it from its namespace by a NUL (flo.md 1.4). */
export function name(option: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0 && bytes.length <= MAX_KEY_BYTES && !bytes.includes(0)) return bytes;
  throw new InvalidOptionError(option, bytes, `must have 1 to ${MAX_KEY_BYTES} bytes and no NUL`);
}

export function atMost(option: string, bytes: Uint8Array, max: number): Uint8Array {
  if (bytes.length <= max) return bytes;
  throw new InvalidOptionError(option, bytes, `must have at most ${max} bytes`);
}

/** A text that travels as an option. */
export function optionText(option: string, text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  if (bytes.length > 0 && bytes.length <= MAX_OPTION_BYTES) return bytes;
  throw new InvalidOptionError(option, text, `must have 1 to ${MAX_OPTION_BYTES} bytes in UTF-8`);
}

export function u64(option: string, value: bigint): bigint {
  if (typeof value === 'bigint' && value >= 0n && value <= MAX_U64) return value;
  throw new InvalidOptionError(option, value, 'must be a bigint from 0 to 2^64 - 1');
}

export function sequences(seqs: readonly bigint[]): readonly bigint[] {
  integerIn('seqs.length', seqs.length, 1, MAX_SEQS);
  seqs.forEach((seq, at) => u64(`seqs[${at}]`, seq));
  return seqs;
}

/** Checks what may be left out. */
export function given<T, R>(value: T | undefined, check: (value: T) => R): R | undefined {
  return value === undefined ? undefined : check(value);
}

export function oneOf<T extends string>(option: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value;
  throw new InvalidOptionError(option, value, `must be one of ${values.join(', ')}`);
}

/** In the order of their numbers in `v2-table`. */
export const WAIT_FOR = ['exists', 'change'] as const;

/**
 * How long a get waits, and for what. 0 would mean something else to early servers than to late ones, so it is never
 * sent.
 */
export function checkWait(waitMs: number | undefined, waitFor: (typeof WAIT_FOR)[number]): void {
  oneOf('waitFor', waitFor, WAIT_FOR);
  if (waitMs !== undefined) integerIn('waitMs', waitMs, 1, MAX_WAIT_MS);
  else if (waitFor === 'change') throw new InvalidOptionError('waitFor', waitFor, 'needs waitMs');
}

/** This generation of the wire has no place for an option: sending the rest without it would mean something else. */
export function notSupported(option: string, protocol: FloProtocol): NotSupportedError {
  return new NotSupportedError(`${option}: the protocol ${protocol} has no place for it`, {
    context: { option, protocol },
  });
}
