import { readBigU64, readU16, readU32, readU64 } from '../little-endian.js';
import type { FloError } from './errors.js';

/** Reads fields one after the other. What it hands out are views: nothing is copied, and nothing is taken on trust. */
export class BodyReader {
  readonly #bytes: Uint8Array;
  readonly #fail: (problem: string) => FloError;
  #at = 0;

  /** `fail` makes the error of a body that can't be read. */
  constructor(bytes: Uint8Array, fail: (problem: string) => FloError) {
    this.#bytes = bytes;
    this.#fail = fail;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(field: string): number {
    return this.#bytes[this.#take(1, field)]!;
  }

  u16(field: string): number {
    return readU16(this.#bytes, this.#take(2, field));
  }

  u32(field: string): number {
    return readU32(this.#bytes, this.#take(4, field));
  }

  u64(field: string): bigint {
    return readBigU64(this.#bytes, this.#take(8, field));
  }

  /** A u64 where only small ones make sense: what is above 2^53 - 1 becomes that. */
  clampedU64(field: string): number {
    return Math.min(readU64(this.#bytes, this.#take(8, field)), Number.MAX_SAFE_INTEGER);
  }

  /** An i64 as a number: exact within ±(2^53 - 1), rounded beyond. */
  i64(field: string): number {
    const at = this.#take(8, field);
    return (readU32(this.#bytes, at + 4) | 0) * 2 ** 32 + readU32(this.#bytes, at);
  }

  /** 0 or 1. */
  flag(field: string): boolean {
    const byte = this.u8(field);
    if (byte > 1) throw this.#fail(`${field}: ${byte} is neither 0 nor 1`);
    return byte === 1;
  }

  /** A value behind a byte that tells whether it is there. */
  optional<T>(field: string, read: (field: string) => T): T | undefined {
    return this.flag(field) ? read(field) : undefined;
  }

  bytes(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.#bytes.subarray(at, at + length);
  }

  /** Bytes behind their length as u16. */
  str16(field: string): Uint8Array {
    return this.bytes(this.u16(field), field);
  }

  /** Bytes behind their length as u32. */
  str32(field: string): Uint8Array {
    return this.bytes(this.u32(field), field);
  }

  /** All that is left. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  /** Nothing must be left. */
  end(): void {
    if (this.remaining > 0) throw this.#fail(`${this.remaining} bytes too many`);
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) throw this.#fail(`${field}: ${length} bytes wanted, ${this.remaining} left`);
    const at = this.#at;
    this.#at = at + length;
    return at;
  }
}
