import { crc32Range } from '../checksum/crc32.js';
import { InvalidFrameError } from './errors.js';
import { checkStart, decodeHeader, hasMagic, HEADER_BYTES, MAGIC_BYTES, START_BYTES, type Header } from './header.js';

/** Who reads frames: decides their size before anything is allocated, and takes them. */
export interface FrameOwner {
  /** The largest payload that this frame may have; a larger one is refused before anything is allocated. */
  maxPayload(header: Header): number;
  /** Bytes to keep free in front of the payload in the frame's own buffer. */
  headroom(header: Header): number;
  /**
   * Once per frame, before `frame()`: the first min(16, payloadLength) bytes of the payload are at `bytes[at]`.
   * The payload's checksum has not been verified yet.
   */
  begun?(header: Header, bytes: Uint8Array, at: number): void;
  /** The payload is `buffer[start, end)`; `buffer` belongs to this frame alone and may be kept. */
  frame(header: Header, buffer: Uint8Array, start: number, end: number): void;
}

const STATIC_BYTES = 64 * 1024;
/** With less missing, a read into the static buffer that also brings the next frame is cheaper than one of its own. */
const DIRECT_FROM_BYTES = 16 * 1024;
/**
 * No read brings more. libuv reads up to 32 times before the event loop turns while each read is full: with a mebibyte
 * each everything else in the process waited for 5 to 10 ms (p99), at the same throughput.
 */
const DIRECT_BYTES = 128 * 1024;
const BEGIN_BYTES = 16;
const EMPTY = Buffer.allocUnsafeSlow(0);

/**
 * Cuts a stream of bytes into frames. Bytes go into {@link target}, at most once copied: the rest of a large payload
 * is read straight into the frame's own buffer.
 */
export class FrameReader {
  readonly #owner: FrameOwner;
  readonly #static = Buffer.allocUnsafeSlow(STATIC_BYTES);
  /** The beginning of a header that has not arrived whole. */
  readonly #partial = Buffer.allocUnsafeSlow(HEADER_BYTES);
  #partialBytes = 0;
  #header: Header | undefined;
  #buffer: Buffer = EMPTY;
  #start = 0;
  #filled = 0;
  #begun = false;
  #direct = false;
  #stopped = false;

  constructor(owner: FrameOwner) {
    this.#owner = owner;
  }

  /** Where the next bytes are to be put. */
  target(): Uint8Array {
    this.#direct = this.#header !== undefined && this.#room >= DIRECT_FROM_BYTES;
    return this.#direct ? this.#buffer.subarray(this.#filled, this.#filled + this.#room) : this.#static;
  }

  /** No further frame is handed over, even if some are here already. */
  stop(): void {
    this.#stopped = true;
    this.#buffer = EMPTY;
    this.#header = undefined;
  }

  /**
   * The first `count` bytes of the last target are filled. Calls the owner for every frame that is complete.
   * Throws {@link InvalidFrameError} on a bad frame, after the frames before it, and is stopped then.
   */
  received(count: number): void {
    if (this.#stopped) return;
    try {
      if (this.#direct) this.#advance(count);
      else this.#parse(count);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** What one read may bring straight into the frame's buffer. */
  get #room(): number {
    return Math.min(this.#buffer.length - this.#filled, DIRECT_BYTES);
  }

  #advance(count: number): void {
    const header = this.#header;
    if (header === undefined || count > this.#room) throw new RangeError(`received ${count}`);
    this.#filled += count;
    this.#proceed(header);
  }

  #parse(count: number): void {
    const bytes = this.#static;
    if (count > bytes.length) throw new RangeError(`received ${count}`);
    let at = 0;
    while (at < count) {
      let header = this.#header;
      if (header === undefined) {
        if (this.#partialBytes === 0 && count - at >= HEADER_BYTES) {
          header = decodeHeader(bytes, at);
          at += HEADER_BYTES;
        } else {
          const taken = Math.min(HEADER_BYTES - this.#partialBytes, count - at);
          this.#partial.set(bytes.subarray(at, at + taken), this.#partialBytes);
          this.#partialBytes += taken;
          at += taken;
          if (this.#partialBytes < HEADER_BYTES) return this.#checkPartial();
          this.#partialBytes = 0;
          header = decodeHeader(this.#partial, 0);
        }
        this.#begin(header);
      }
      const taken = Math.min(this.#buffer.length - this.#filled, count - at);
      if (taken > 0) bytes.copy(this.#buffer, this.#filled, at, at + taken);
      this.#filled += taken;
      at += taken;
      this.#proceed(header);
      if (this.#stopped) return;
    }
  }

  /** What is no frame may well be shorter than a header, and nothing more ever come. */
  #checkPartial(): void {
    const known = this.#partialBytes;
    if (known >= START_BYTES || (known >= MAGIC_BYTES && !hasMagic(this.#partial, 0))) checkStart(this.#partial, 0);
  }

  #begin(header: Header): void {
    const limit = this.#owner.maxPayload(header);
    if (header.payloadLength > limit) {
      throw new InvalidFrameError(`a payload of ${header.payloadLength} bytes: at most ${limit} allowed`, {
        context: { payloadLength: header.payloadLength, limit },
      });
    }
    this.#header = header;
    this.#begun = false;
    this.#start = header.payloadLength === 0 ? 0 : this.#owner.headroom(header);
    this.#filled = this.#start;
    this.#buffer = header.payloadLength === 0 ? EMPTY : Buffer.allocUnsafeSlow(this.#start + header.payloadLength);
  }

  #proceed(header: Header): void {
    const owner = this.#owner;
    const buffer = this.#buffer;
    const start = this.#start;
    if (!this.#begun && this.#filled - start >= Math.min(BEGIN_BYTES, header.payloadLength)) {
      this.#begun = true;
      owner.begun?.(header, buffer, start);
      if (this.#stopped) return;
    }
    if (this.#filled < buffer.length) return;
    if (header.payloadLength > 0 && crc32Range(buffer, start, buffer.length) !== header.payloadCrc) {
      // Damaged on its way: another connection may carry it whole.
      const { payloadLength } = header;
      throw new InvalidFrameError('payload checksum mismatch', { retryable: true, context: { payloadLength } });
    }
    this.#header = undefined;
    this.#buffer = EMPTY;
    owner.frame(header, buffer, start, buffer.length);
  }
}
