import { RecordType } from '../../../codecs/lance/record-type.js';
import { TlvRecord } from '../../../codecs/lance/tlv.js';
import { InvalidOptionError } from '../../../foundation/errors.js';

/** What one record may be made of: text and bytes become RawData. */
export type RecordInput = Uint8Array | string | TlvRecord;

/** A type from 0 to 255 and the value of a record; a text is encoded where it is packed. */
export interface RecordParts {
  readonly type: number;
  readonly value: Uint8Array | string;
}

export function recordOf(data: RecordInput): RecordParts {
  // Without a TlvRecord around them: a sink asks for each of millions.
  if (data instanceof Uint8Array || typeof data === 'string') return { type: RecordType.RawData, value: data };
  if (data instanceof TlvRecord) return data;
  throw new InvalidOptionError('record', data, 'must be bytes, a text or a TlvRecord; for other values give a codec');
}

/** How many bytes the value has in its batch, without the record's header. */
export function valueBytes(value: Uint8Array | string): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}
