import { RecordType } from '../../../codecs/lance/record-type.js';
import { TlvRecord } from '../../../codecs/lance/tlv.js';
import { InvalidOptionError } from '../../../foundation/errors.js';

/** What one record may be made of: text and bytes become RawData. */
export type RecordInput = Uint8Array | string | TlvRecord;

export function recordOf(data: RecordInput): TlvRecord {
  if (data instanceof TlvRecord) return data;
  if (data instanceof Uint8Array) return new TlvRecord(RecordType.RawData, data);
  if (typeof data === 'string') return new TlvRecord(RecordType.RawData, Buffer.from(data));
  throw new InvalidOptionError('record', data, 'must be bytes, a text or a TlvRecord; for other values give a codec');
}
