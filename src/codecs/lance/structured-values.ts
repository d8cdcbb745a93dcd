import { InvalidOptionError } from '../../foundation/errors.js';
import { PayloadError } from '../payload/errors.js';
import { readBigU64, readU16, writeBigU64, writeU16 } from '../little-endian.js';
import { RecordType } from './record-type.js';

/** The value of a KeyValue record. */
export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
}

/** The value of a Timestamped record. */
export interface Timestamped {
  /** Nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  readonly value: Uint8Array;
}

const MAX_KEY_BYTES = 0xffff;
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** What is copied into bytes without being any, such as a text, makes zeros of itself. @throws {@link InvalidOptionError} */
export function bytesOnly(value: Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new InvalidOptionError('value', value, 'must be bytes');
}

/** Layouts of structured values (lance.md 3.3). Readers never fail: what is missing is taken as empty or 0, as the Python client does. */
export function encodeKeyValue(key: string, value: Uint8Array): Uint8Array {
  if (typeof key !== 'string') throw new InvalidOptionError('key', key, 'must be a text');
  bytesOnly(value);
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > MAX_KEY_BYTES) {
    throw new InvalidOptionError('key', key, `must be at most ${MAX_KEY_BYTES} bytes of UTF-8`);
  }
  const bytes = Buffer.allocUnsafeSlow(2 + keyBytes + value.length);
  writeU16(bytes, 0, keyBytes);
  bytes.write(key, 2);
  bytes.set(value, 2 + keyBytes);
  return bytes;
}

export function encodeTimestamped(timestampNs: bigint, value: Uint8Array): Uint8Array {
  if (typeof timestampNs !== 'bigint' || timestampNs < 0n || timestampNs > MAX_U64) {
    throw new InvalidOptionError('timestampNs', timestampNs, 'must be a bigint from 0 to 2^64 - 1');
  }
  bytesOnly(value);
  const bytes = new Uint8Array(8 + value.length);
  writeBigU64(bytes, 0, timestampNs);
  bytes.set(value, 8);
  return bytes;
}

export function encodeKeyTimestamped(timestampNs: bigint, key: string, value: Uint8Array): Uint8Array {
  return encodeTimestamped(timestampNs, encodeKeyValue(key, value));
}

/** `value` is a view of `bytes`; a key longer than what there is is cut, undecodable key bytes become U+FFFD. */
export function decodeKeyValue(bytes: Uint8Array): KeyValue {
  if (bytes.length < 2) return { key: '', value: bytes };
  const keyEnd = Math.min(2 + readU16(bytes, 0), bytes.length);
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + 2, keyEnd - 2).toString('utf8');
  return { key, value: bytes.subarray(keyEnd) };
}

export function decodeTimestamped(bytes: Uint8Array): Timestamped {
  if (bytes.length < 8) return { timestampNs: 0n, value: bytes };
  return { timestampNs: readBigU64(bytes, 0), value: bytes.subarray(8) };
}

export function decodeKeyTimestamped(bytes: Uint8Array): Timestamped & KeyValue {
  const { timestampNs, value } = decodeTimestamped(bytes);
  return { timestampNs, ...decodeKeyValue(value) };
}

/** Users give their own types the layout they like; any other type than `layout` has another one. Throws {@link PayloadError}. */
export function checkLayout(type: number, layout: 'KeyValue' | 'Timestamped' | 'KeyTimestamped'): void {
  if (type === RecordType[layout] || (type >= RecordType.UserDefined && type < RecordType.Null)) return;
  const name = Object.entries(RecordType).find(([, code]) => code === type)?.[0];
  throw new PayloadError(layout, `the record is ${name ?? `of type 0x${type.toString(16).padStart(2, '0')}`}`);
}
