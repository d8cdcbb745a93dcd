import { crc32 } from 'node:zlib';

/** What a verifying reader and the server must agree on: how many records, how many bytes of values, and a sum over all of them in order. */
export interface Digest {
  records: number;
  bytes: number;
  sum: number;
}

export function emptyDigest(): Digest {
  return { records: 0, bytes: 0, sum: 0 };
}

/** Adds one record. The checksum is the platform's, not the one under test. */
export function addRecord(digest: Digest, type: number, value: Uint8Array): void {
  digest.records++;
  digest.bytes += value.length;
  digest.sum = (Math.imul(digest.sum, 31) + type + crc32(value)) >>> 0;
}
