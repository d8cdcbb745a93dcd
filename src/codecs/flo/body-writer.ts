import { writeBigU64, writeU16, writeU32, writeU64 } from '../little-endian.js';

/** Writes fields one after the other into exactly the bytes that were asked for. */
export class BodyWriter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  u8(value: number): this {
    this.#bytes[this.#take(1)] = value;
    return this;
  }

  u16(value: number): this {
    writeU16(this.#bytes, this.#take(2), value);
    return this;
  }

  u32(value: number): this {
    writeU32(this.#bytes, this.#take(4), value);
    return this;
  }

  u64(value: bigint): this {
    writeBigU64(this.#bytes, this.#take(8), value);
    return this;
  }

  /** A number from 0 to 2^53 - 1 as u64. */
  smallU64(value: number): this {
    writeU64(this.#bytes, this.#take(8), value);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#take(value.length));
    return this;
  }

  /** Bytes behind their length as u16. */
  str16(value: Uint8Array): this {
    return this.u16(value.length).bytes(value);
  }

  /** Bytes behind their length as u32. */
  str32(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }

  /** The bytes, which must be full: a wrong length is a mistake of the caller. */
  done(): Uint8Array {
    if (this.#at !== this.#bytes.length) throw new RangeError(`${this.#at} of ${this.#bytes.length} bytes written`);
    return this.#bytes;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError(`${length} bytes at ${at} of ${this.#bytes.length}`);
    this.#at = at + length;
    return at;
  }
}
