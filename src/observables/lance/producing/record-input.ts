import { RecordType } from '../../../codecs/lance/record-type.js';
import { TlvRecord } from '../../../codecs/lance/tlv.js';
import { InvalidOptionError } from '../../../foundation/errors.js';

/** A char of a string is at most three bytes of UTF-8. */
const MAX_BYTES_PER_CHAR = 3;

/** What one record may be made of: text and bytes become RawData. */
export type RecordInput = Uint8Array | string | TlvRecord;

/** A type from 0 to 255 and the value of a record; a text is encoded where it is packed. */
export interface RecordParts {
  readonly type: number;
  readonly value: Uint8Array | string;
}

/** The value of the record that {@link recordOf} makes: with {@link typeOf} there is no object for each of millions. */
export function valueOf(data: RecordInput): Uint8Array | string {
  if (data instanceof Uint8Array || typeof data === 'string') return data;
  if (data instanceof TlvRecord) return data.value;
  throw new InvalidOptionError('record', data, 'must be bytes, a text or a TlvRecord; for other values give a codec');
}

/** The type of that record; `value` is its value. */
export function typeOf(data: RecordInput, value: Uint8Array | string): number {
  // Text and bytes are their own value; looking for a class that they don't have takes longer.
  return data === value ? RecordType.RawData : (data as TlvRecord).type;
}

export function recordOf(data: RecordInput): RecordParts {
  return data instanceof TlvRecord ? data : { type: RecordType.RawData, value: valueOf(data) };
}

/** The value has no more bytes than this; a text is not counted. */
export function mostBytes(value: Uint8Array | string): number {
  return typeof value === 'string' ? value.length * MAX_BYTES_PER_CHAR : value.length;
}

/** Whether the value has at most so many bytes. A text is counted only where it might have more. */
export function isWithin(value: Uint8Array | string, bytes: number): boolean {
  return mostBytes(value) <= bytes || (typeof value === 'string' && Buffer.byteLength(value) <= bytes);
}

/** How many bytes the value has in its batch, without the record's header. */
export function valueBytes(value: Uint8Array | string): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}
