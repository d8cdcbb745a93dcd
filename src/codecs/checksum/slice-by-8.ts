/** Eight tables of 256 entries, one behind the other: table k is the checksum of a byte followed by k zero bytes. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = (before >>> 8) ^ tables[before & 255]!;
  }
  return tables;
}

/** CRC-32/IEEE of `bytes[start, end)`, continuing `seed`, eight bytes a step. Needs nothing but JavaScript. */
export function sliceBy8(bytes: Uint8Array, start: number, end: number, seed: number): number {
  const tables = TABLES;
  const stepEnd = end - 7;
  let crc = ~seed;
  let at = start;
  while (at < stepEnd) {
    // Those four do not depend on the step before: the processor looks them up while that one ends.
    const second =
      tables[768 | bytes[at + 4]!]! ^
      tables[512 | bytes[at + 5]!]! ^
      tables[256 | bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      second ^
      (tables[1792 | (crc & 255)]! ^ tables[1536 | ((crc >>> 8) & 255)]!) ^
      (tables[1280 | ((crc >>> 16) & 255)]! ^ tables[1024 | (crc >>> 24)]!);
    at += 8;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}
