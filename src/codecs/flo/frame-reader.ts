import { ProtocolError } from './errors.js';

/** The size of a frame, as its head tells. */
export interface FrameSize {
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

/** Who reads frames: tells their size, judges it, and takes them. */
export interface FloFrameOwner {
  /**
   * The beginning of a frame is `bytes[start, end)`: 4 bytes, 24 bytes, or at least 32. Undefined: more is needed, up
   * to 32.
   * What it throws ends the reading; sizes that it does not want are its to refuse, before anything is allocated.
   */
  measure(bytes: Uint8Array, start: number, end: number): FrameSize | undefined;
  /**
   * A whole frame, in order. `head` is gone when this returns; `payload` belongs to this frame alone and may be kept.
   */
  frame(head: Uint8Array, payload: Uint8Array): void;
}

/** Enough to tell that it is no frame. */
const MAGIC_BYTES = 4;
/** The smallest head of all generations: enough to tell them apart. */
const MIN_HEAD_BYTES = 24;
/** The largest head of all generations. */
export const MAX_HEAD_BYTES = 32;

const STATIC_BYTES = 64 * 1024;
/** With less missing, a read into the static buffer that also brings the next frame is cheaper than one of its own. */
const DIRECT_FROM_BYTES = 16 * 1024;
/** What a frame gets at first; then twice as much each time it is full, so that announcing bytes costs nothing. */
const FIRST_BYTES = 256 * 1024;

const EMPTY = new Uint8Array(0);

/**
 * Cuts a stream of bytes into frames, for clients and servers alike. Memory grows with what has arrived, never with
 * what was announced, and each byte is copied a bounded number of times.
 */
export class FloFrameReader {
  readonly #owner: FloFrameOwner;
  readonly #static = new Uint8Array(STATIC_BYTES);
  /** The head of a frame that has not arrived whole. */
  readonly #head = new Uint8Array(MAX_HEAD_BYTES);
  #headFilled = 0;
  #size: FrameSize | undefined;
  #payload = EMPTY;
  #filled = 0;
  #direct = false;
  #stopped = false;

  constructor(owner: FloFrameOwner) {
    this.#owner = owner;
  }

  /** Where the next bytes are to be put. */
  target(): Uint8Array {
    const size = this.#size;
    this.#direct =
      size !== undefined &&
      this.#headFilled >= size.headerBytes &&
      size.payloadBytes - this.#filled >= DIRECT_FROM_BYTES &&
      this.#room(size) >= DIRECT_FROM_BYTES;
    return this.#direct ? this.#payload.subarray(this.#filled) : this.#static;
  }

  /** No further frame is handed over, even if some are here already. */
  stop(): void {
    this.#stopped = true;
    this.#payload = EMPTY;
    this.#size = undefined;
  }

  /**
   * The first `count` bytes of the last target are filled. Calls the owner for every frame that is complete.
   * What the owner throws is thrown, after the frames before it; the reader is stopped then.
   */
  received(count: number): void {
    if (this.#stopped) return;
    const room = this.#direct ? this.#payload.length - this.#filled : STATIC_BYTES;
    if (!(count >= 0 && count <= room)) throw new RangeError(`received ${count} bytes where ${room} fit`);
    try {
      if (this.#direct) {
        this.#filled += count;
        if (this.#size !== undefined) this.#complete(this.#size);
      } else {
        this.#parse(count);
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  #parse(count: number): void {
    let at = 0;
    while (at < count && !this.#stopped) {
      if (this.#size === undefined && this.#headFilled === 0 && count - at >= MAX_HEAD_BYTES) {
        at = this.#whole(at, count);
      } else if (this.#size === undefined || this.#headFilled < this.#size.headerBytes) {
        at = this.#gatherHead(at, count);
      } else {
        at = this.#gatherPayload(this.#size, at, count);
      }
    }
  }

  /** The usual case: a head, and often the payload too, lie in one piece. */
  #whole(at: number, count: number): number {
    const bytes = this.#static;
    const size = this.#owner.measure(bytes, at, count);
    if (size === undefined) throw new ProtocolError(`the size of a frame is not known from ${count - at} bytes`);
    const start = at + size.headerBytes;
    const end = start + size.payloadBytes;
    if (this.#stopped) return count;
    if (end <= count) {
      this.#owner.frame(bytes.subarray(at, start), bytes.slice(start, end));
      return end;
    }
    this.#head.set(bytes.subarray(at, start));
    this.#headFilled = size.headerBytes;
    this.#size = size;
    return start;
  }

  #gatherHead(at: number, count: number): number {
    const held = this.#headFilled;
    const wanted = this.#size?.headerBytes ?? nextStep(held);
    const end = Math.min(count, at + wanted - held);
    this.#head.set(this.#static.subarray(at, end), held);
    this.#headFilled = held + end - at;
    if (this.#headFilled < wanted) return end;
    const size = this.#size ?? this.#owner.measure(this.#head, 0, this.#headFilled);
    if (this.#stopped) return end;
    if (size === undefined && wanted === MAX_HEAD_BYTES) {
      throw new ProtocolError(`the size of a frame is not known from ${wanted} bytes`);
    }
    if (size !== undefined && size.headerBytes < this.#headFilled) {
      throw new RangeError(`a head of ${size.headerBytes} bytes, told when ${this.#headFilled} had been gathered`);
    }
    this.#size = size;
    if (size !== undefined && this.#headFilled >= size.headerBytes) this.#complete(size);
    return end;
  }

  #gatherPayload(size: FrameSize, at: number, count: number): number {
    const end = at + Math.min(this.#room(size), count - at);
    this.#payload.set(this.#static.subarray(at, end), this.#filled);
    this.#filled += end - at;
    this.#complete(size);
    return end;
  }

  /** How many bytes fit into the payload now, which grows if it is full; 0 only if it is complete. */
  #room(size: FrameSize): number {
    const { length } = this.#payload;
    if (this.#filled === length && length < size.payloadBytes) {
      const bytes = Math.min(size.payloadBytes, Math.max(FIRST_BYTES, 2 * length));
      const larger = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
      larger.set(this.#payload);
      this.#payload = larger;
    }
    return this.#payload.length - this.#filled;
  }

  #complete(size: FrameSize): void {
    if (this.#filled < size.payloadBytes) return;
    const payload = this.#payload;
    this.#payload = EMPTY;
    this.#filled = 0;
    this.#size = undefined;
    this.#headFilled = 0;
    this.#owner.frame(this.#head.subarray(0, size.headerBytes), payload);
  }
}

/** How much of a head is gathered before its owner is asked again. */
function nextStep(held: number): number {
  if (held < MAGIC_BYTES) return MAGIC_BYTES;
  return held < MIN_HEAD_BYTES ? MIN_HEAD_BYTES : MAX_HEAD_BYTES;
}
