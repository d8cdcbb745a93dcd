import { crc32 } from 'node:zlib';
import { addRecord, emptyDigest, type Digest } from './digest.js';

const TLV_HEADER_BYTES = 5;

/** What is written to a topic while somebody wants to know: checksums are verified, and each record is summed. */
export class Collection {
  readonly digest: Digest = emptyDigest();

  /** @throws Error if the payload is not what its header says, or not made of whole records. */
  add(header: Buffer, payload: Buffer): void {
    if (crc32(header.subarray(0, 8)) !== header.readUInt32LE(8)) throw new Error('the checksum of a header is wrong');
    if (crc32(payload) !== header.readUInt32LE(36)) throw new Error('the checksum of a payload is wrong');
    const before = this.digest.records;
    let at = 0;
    while (at + TLV_HEADER_BYTES <= payload.length) {
      const end = at + TLV_HEADER_BYTES + payload.readUInt32LE(at + 1);
      if (end > payload.length) break;
      addRecord(this.digest, payload[at]!, payload.subarray(at + TLV_HEADER_BYTES, end));
      at = end;
    }
    if (at !== payload.length) throw new Error(`a batch ends inside a record, at ${at} of ${payload.length} bytes`);
    const announced = header.readUInt32LE(28);
    const count = this.digest.records - before;
    if (announced !== count) throw new Error(`a batch of ${count} records announces ${announced}`);
  }
}
