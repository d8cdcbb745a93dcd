/**
 * Joins checksums: `crc32(a ++ b) === crcShift(b.length)(crc32(a)) ^ crc32(b)`. The shift appends zero bytes to a
 * checksum, which is linear over its bits: a 32 × 32 matrix, squared once per bit of the length, then unrolled into
 * four tables of 256 entries. That is how a prepared frame gets a new 16-byte head without its megabyte being summed again.
 */
export function crcShift(length: number): (crc: number) => number {
  let power = oneZeroByte();
  let matrix = identity();
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) matrix = multiply(power, matrix);
    power = multiply(power, power);
  }
  const table = new Uint32Array(1024);
  for (let byte = 0; byte < 4; byte++) {
    for (let value = 0; value < 256; value++) table[byte * 256 + value] = apply(matrix, (value << (8 * byte)) >>> 0);
  }
  return (crc) =>
    (table[crc & 0xff]! ^
      table[256 + ((crc >>> 8) & 0xff)]! ^
      table[512 + ((crc >>> 16) & 0xff)]! ^
      table[768 + (crc >>> 24)]!) >>>
    0;
}

const POLYNOMIAL = 0xedb88320;

function identity(): Uint32Array {
  return Uint32Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);
}

/** Column `bit` is what one zero byte makes of a checksum that has only this bit. */
function oneZeroByte(): Uint32Array {
  return Uint32Array.from({ length: 32 }, (_, bit) => {
    let crc = (1 << bit) >>> 0;
    for (let step = 0; step < 8; step++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc >>> 0;
  });
}

function apply(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let bit = 0, left = vector; left !== 0; bit++, left >>>= 1) if (left & 1) sum ^= matrix[bit]!;
  return sum >>> 0;
}

function multiply(left: Uint32Array, right: Uint32Array): Uint32Array {
  return right.map((column) => apply(left, column));
}
