/** 2^32: the weight of the high word of a u64. */
export const WORD = 0x1_0000_0000;

/** The largest high word of a u64 that still is a safe number. */
const SAFE_HIGH = 0x1f_ffff;

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The low 32 bits of a u64 held as a number. */
export function lowWord(value: number): number {
  return value >>> 0;
}

/** The high 32 bits of a u64 held as a number from 0 to 2^53 - 1. */
export function highWord(value: number): number {
  return Math.floor(value / WORD);
}

/** Writes a number from 0 to 2^53 - 1 as u64. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, lowWord(value));
  writeU32(bytes, at + 4, highWord(value));
}

export function writeBigU64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, Number(BigInt.asUintN(32, value)));
  writeU32(bytes, at + 4, Number(BigInt.asUintN(32, value >> 32n)));
}

/** A u64 as a number: exact up to 2^53 - 1, rounded above; {@link isSafeU64} tells which. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 4) * WORD + readU32(bytes, at);
}

export function readBigU64(bytes: Uint8Array, at: number): bigint {
  return wordsToBigInt(readU32(bytes, at), readU32(bytes, at + 4));
}

/** True if the u64 at `at` is at most 2^53 - 1. */
export function isSafeU64(bytes: Uint8Array, at: number): boolean {
  return readU32(bytes, at + 4) <= SAFE_HIGH;
}

export function wordsToBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
