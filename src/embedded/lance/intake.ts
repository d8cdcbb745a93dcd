import { crc32Range } from '../../codecs/checksum/crc32.js';
import { InvalidFrameError } from '../../codecs/lance/errors.js';
import { decodeHeader, HEADER_BYTES, type Header } from '../../codecs/lance/header.js';
import { readU32 } from '../../codecs/little-endian.js';

const PAYLOAD_LENGTH_AT = 32;
const NOTHING = new Uint8Array(0);

/** A whole frame; the payload may be kept, at the price of the read it came in. */
export interface IncomingFrame {
  readonly header: Header;
  readonly payload: Uint8Array;
}

/**
 * Cuts what a connection sends into frames, one at a time, so that the server may stop between any two of them.
 * Frames that lie whole in one read are not copied; others are, once.
 */
export class Intake {
  readonly #maxPayloadBytes: number;
  /** The last read, from which frames are being taken. */
  #read: Uint8Array = NOTHING;
  #at = 0;
  /** A frame (or the beginning of its header) that needs further reads. */
  #partial: Uint8Array = NOTHING;
  #filled = 0;
  /** True until a frame of this read has been taken. */
  #first = true;

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** How many bytes of the last reads have not been looked at. */
  get waiting(): number {
    return this.#read.length - this.#at;
  }

  /** The next bytes; they may be kept. */
  push(bytes: Uint8Array): void {
    const rest = this.#read.subarray(this.#at);
    this.#read = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    this.#at = 0;
    this.#first = true;
  }

  /** The next whole frame, or undefined if more bytes are needed. Throws {@link InvalidFrameError}. */
  next(): IncomingFrame | undefined {
    const frame = this.#filled > 0 ? this.#resumed() : this.#whole();
    if (frame !== undefined) this.#first = false;
    return frame;
  }

  #whole(): IncomingFrame | undefined {
    const read = this.#read;
    const at = this.#at;
    if (read.length - at >= HEADER_BYTES) {
      const header = this.#admit(read, at);
      if (header === undefined) return undefined;
      const end = at + HEADER_BYTES + header.payloadLength;
      if (end <= read.length) {
        this.#at = end;
        return checked(header, read, at + HEADER_BYTES, end);
      }
      this.#partial = Buffer.allocUnsafeSlow(end - at);
    } else {
      if (read.length === at) return undefined;
      this.#partial = Buffer.allocUnsafeSlow(HEADER_BYTES);
    }
    this.#fill();
    return undefined;
  }

  /** Goes on with a frame that earlier reads began. */
  #resumed(): IncomingFrame | undefined {
    if (this.#partial.length === HEADER_BYTES && this.#fill()) {
      const header = this.#admit(this.#partial, 0);
      if (header === undefined) return undefined;
      const whole = Buffer.allocUnsafeSlow(HEADER_BYTES + header.payloadLength);
      whole.set(this.#partial);
      this.#partial = whole;
    }
    if (!this.#fill()) return undefined;
    const bytes = this.#partial;
    this.#partial = NOTHING;
    this.#filled = 0;
    return checked(decodeHeader(bytes, 0), bytes, HEADER_BYTES, bytes.length);
  }

  /** Moves bytes of this read to the partial frame; true once that is full. */
  #fill(): boolean {
    const count = Math.min(this.#partial.length - this.#filled, this.#read.length - this.#at);
    this.#partial.set(this.#read.subarray(this.#at, this.#at + count), this.#filled);
    this.#filled += count;
    this.#at += count;
    return this.#filled === this.#partial.length;
  }

  /** The header at `at`, or undefined if the server must not look at it before more bytes have come. */
  #admit(bytes: Uint8Array, at: number): Header | undefined {
    const payloadLength = readU32(bytes, at + PAYLOAD_LENGTH_AT);
    const oversize = payloadLength > this.#maxPayloadBytes;
    // The genuine server looks at the size of the frame in front of its buffer only, once after every read (section 1.3).
    if (oversize && this.#first) {
      throw new InvalidFrameError(`a payload of ${payloadLength} bytes: at most ${this.#maxPayloadBytes} allowed`);
    }
    const header = decodeHeader(bytes, at);
    // Behind another frame it passes, whatever its size, if all of it came with that one.
    return oversize && bytes.length - at - HEADER_BYTES < payloadLength ? undefined : header;
  }
}

function checked(header: Header, bytes: Uint8Array, start: number, end: number): IncomingFrame {
  if (end > start && crc32Range(bytes, start, end) !== header.payloadCrc) {
    throw new InvalidFrameError('payload checksum mismatch');
  }
  return { header, payload: bytes.subarray(start, end) };
}
