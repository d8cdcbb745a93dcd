import { json } from '../../codecs/payload/json.js';
import { TlvRecord } from '../../codecs/lance/tlv.js';

/** A message made of a value: bytes and texts as they are, anything else as JSON. */
export function messageOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? new Uint8Array(Buffer.from(value)) : json().encode(value);
}

/** The same for a record of a log. */
export function recordOf(value: unknown): TlvRecord {
  if (value instanceof TlvRecord) return value;
  if (value instanceof Uint8Array || typeof value === 'string') return TlvRecord.raw(messageOf(value));
  return TlvRecord.json(value);
}
