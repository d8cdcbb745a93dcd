import { readBigU64, readU32, readU64, writeBigU64, writeU32, writeU64 } from '../little-endian.js';

/** Tags of the options in a request (flo.md 3). */
export const Tag = {
  Ttl: 0x01,
  CasVersion: 0x02,
  IfNotExists: 0x03,
  IfExists: 0x04,
  Limit: 0x05,
  RoutingKey: 0x08,
  TransactionId: 0x09,
  Priority: 0x10,
  DelayMs: 0x11,
  VisibilityTimeoutMs: 0x12,
  DedupKey: 0x13,
  Count: 0x15,
  SendToDlq: 0x16,
  BlockMs: 0x17,
  WaitMs: 0x18,
} as const;

export type Tag = (typeof Tag)[keyof typeof Tag];

/** Collects options in the order in which they go out; what is undefined is left out. */
export class OptionsWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  flag(tag: Tag, set: boolean): this {
    return set ? this.#add(tag, 0, () => {}) : this;
  }

  u8(tag: Tag, value: number | undefined): this {
    if (value === undefined) return this;
    return this.#add(tag, 1, (bytes) => {
      bytes[2] = value;
    });
  }

  u32(tag: Tag, value: number | undefined): this {
    return value === undefined ? this : this.#add(tag, 4, (bytes) => writeU32(bytes, 2, value));
  }

  /** A number from 0 to 2^53 - 1 as u64. */
  smallU64(tag: Tag, value: number | undefined): this {
    return value === undefined ? this : this.#add(tag, 8, (bytes) => writeU64(bytes, 2, value));
  }

  u64(tag: Tag, value: bigint | undefined): this {
    return value === undefined ? this : this.#add(tag, 8, (bytes) => writeBigU64(bytes, 2, value));
  }

  /** At most 255 bytes. */
  bytes(tag: Tag, value: Uint8Array | undefined): this {
    return value === undefined ? this : this.#add(tag, value.length, (bytes) => bytes.set(value, 2));
  }

  done(): Uint8Array {
    const { length } = this.#parts;
    if (length === 1) return this.#parts[0]!;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #add(tag: Tag, length: number, write: (bytes: Uint8Array) => void): this {
    if (length > 255) throw new RangeError(`an option of ${length} bytes`);
    const part = new Uint8Array(2 + length);
    part[0] = tag;
    part[1] = length;
    write(part);
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

/**
 * Finds options by their tags, the first of each. Unknown tags are skipped, one that is cut off ends the list, and one
 * of an unexpected width counts as absent; {@link isMisshapen} is for those who must not let that pass.
 */
export class OptionsReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  flag(tag: Tag): boolean {
    return this.#find(tag, 0) !== undefined;
  }

  u8(tag: Tag): number | undefined {
    const at = this.#find(tag, 1);
    return at === undefined ? undefined : this.#bytes[at];
  }

  u32(tag: Tag): number | undefined {
    const at = this.#find(tag, 4);
    return at === undefined ? undefined : readU32(this.#bytes, at);
  }

  u64(tag: Tag): bigint | undefined {
    const at = this.#find(tag, 8);
    return at === undefined ? undefined : readBigU64(this.#bytes, at);
  }

  /** A u64 where only small ones make sense: what is above 2^53 - 1 becomes that. */
  clampedU64(tag: Tag): number | undefined {
    const at = this.#find(tag, 8);
    return at === undefined ? undefined : Math.min(readU64(this.#bytes, at), Number.MAX_SAFE_INTEGER);
  }

  bytes(tag: Tag): Uint8Array | undefined {
    const at = this.#find(tag);
    return at === undefined ? undefined : this.#bytes.subarray(at, at + this.#bytes[at - 1]!);
  }

  /** Whether the option is there, in a width other than `width`. */
  isMisshapen(tag: Tag, width: number): boolean {
    return this.#find(tag) !== undefined && this.#find(tag, width) === undefined;
  }

  /** Where the data of the first option with this tag begin; undefined also if its width is another. */
  #find(tag: Tag, width?: number): number | undefined {
    const bytes = this.#bytes;
    for (let at = 0; at + 2 <= bytes.length;) {
      const length = bytes[at + 1]!;
      const data = at + 2;
      if (data + length > bytes.length) return undefined;
      if (bytes[at] === tag) return width === undefined || width === length ? data : undefined;
      at = data + length;
    }
    return undefined;
  }
}
