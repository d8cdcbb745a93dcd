import { encodeRecords, TlvRecord } from '../../codecs/lance/tlv.js';
import { bytesOf } from '../wires/bytes-of.js';

/**
 * Records of raw data, back to back, as a topic holds them: one per text or piece of bytes.
 *
 * @example
 * import { tlv } from 'sluice/testing';
 * tlv('a', 'b').length; // 12
 */
export function tlv(...values: readonly (string | Uint8Array)[]): Uint8Array {
  return encodeRecords(values.map((value) => TlvRecord.raw(bytesOf('tlv', value))));
}
