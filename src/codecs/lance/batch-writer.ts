import { integerIn } from '../../foundation/check.js';
import { writeU32 } from '../little-endian.js';
import { sealIngest } from './frames.js';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES } from './header.js';
import { RECORD_HEADER_BYTES } from './record-type.js';

/** A char of a string is at most three bytes of UTF-8. */
const MAX_BYTES_PER_CHAR = 3;
const FIRST_BYTES = 64 * 1024;
/** Below this a view and a call of `set` cost more than a loop. */
const LOOP_BELOW = 16;
/** Called as a function: V8 (as of Node 20) looks `buffer.set` up anew each time, a fifth of what a record of 100 bytes costs. */
const copy = Uint8Array.prototype.set;

/** What {@link BatchWriter.seal} puts into the header. */
export interface SealFields {
  readonly batchIdLow: number;
  readonly batchIdHigh?: number;
  /** Milliseconds since the Unix epoch. */
  readonly timestampMs: number;
  readonly topicId: number;
}

/**
 * Collects records in one piece of memory with the header's 44 bytes reserved in front, so that a batch is one write
 * and no second copy. It starts with 64 KiB, or `firstBytes`, and doubles up to its limit.
 *
 * @example
 * import { RecordType } from 'sluice/lance';
 * const writer = new BatchWriter();
 * writer.appendText(RecordType.RawData, 'hello');
 * const frame = writer.seal({ batchIdLow: 1, timestampMs: Date.now(), topicId: 1 });
 * frame.length; // 44 + 5 + 5
 */
export class BatchWriter {
  /** The largest payload in bytes, records' headers included. */
  readonly maxBytes: number;
  #buffer: Buffer;
  #end = HEADER_BYTES;
  #count = 0;

  constructor(maxBytes = MAX_PAYLOAD_BYTES, firstBytes = FIRST_BYTES) {
    this.maxBytes = integerIn('maxBytes', maxBytes, RECORD_HEADER_BYTES, MAX_PAYLOAD_BYTES);
    integerIn('firstBytes', firstBytes, RECORD_HEADER_BYTES, MAX_PAYLOAD_BYTES);
    this.#buffer = Buffer.allocUnsafeSlow(HEADER_BYTES + Math.min(firstBytes, this.maxBytes));
  }

  /** Bytes of payload that its memory has room for, so far. */
  get capacity(): number {
    return this.#buffer.length - HEADER_BYTES;
  }

  /** Bytes of payload so far, the header not counted. */
  get byteLength(): number {
    return this.#end - HEADER_BYTES;
  }

  get recordCount(): number {
    return this.#count;
  }

  /** The records so far: a view, valid as long as a frame of {@link seal}. */
  get payload(): Uint8Array {
    return this.#buffer.subarray(HEADER_BYTES, this.#end);
  }

  /** Appends a record with a copy of `value`. False, and nothing changes, if it would exceed {@link maxBytes}. */
  append(type: number, value: Uint8Array): boolean {
    const length = value.length;
    const end = this.#end + RECORD_HEADER_BYTES + length;
    if (end > this.#buffer.length && !this.#grow(end)) return false;
    const at = this.#begin(type, length);
    const buffer = this.#buffer;
    if (length < LOOP_BELOW) for (let i = 0; i < length; i++) buffer[at + i] = value[i]!;
    else copy.call(buffer, value, at);
    this.#end = end;
    return true;
  }

  /** Appends a record of UTF-8 text without encoding it elsewhere first. False as in {@link append}. */
  appendText(type: number, text: string): boolean {
    const roomy = HEADER_BYTES + this.maxBytes - this.#end >= RECORD_HEADER_BYTES + text.length * MAX_BYTES_PER_CHAR;
    const needed = roomy ? text.length * MAX_BYTES_PER_CHAR : Buffer.byteLength(text);
    const end = this.#end + RECORD_HEADER_BYTES + needed;
    if (end > this.#buffer.length && !this.#grow(end)) return false;
    const at = this.#end + RECORD_HEADER_BYTES;
    const length = this.#buffer.write(text, at);
    this.#begin(type, length);
    this.#end = at + length;
    return true;
  }

  /** Appends whole records that are encoded already (or, without TLV, any bytes as one). False as in {@link append}. */
  appendEncoded(bytes: Uint8Array, recordCount = 1): boolean {
    const end = this.#end + bytes.length;
    if (end > this.#buffer.length && !this.#grow(end)) return false;
    this.#buffer.set(bytes, this.#end);
    this.#end = end;
    this.#count += recordCount;
    return true;
  }

  /**
   * Completes the header and returns the frame: a view of this writer's memory, valid until {@link reset} or the next
   * append. A server never answers an empty batch: check {@link recordCount} first.
   */
  seal({ topicId, batchIdLow, batchIdHigh = 0, timestampMs }: SealFields): Uint8Array {
    const recordCount = this.#count;
    // Property by property: V8 (as of Node 20) makes a new hidden class for each `{ ...fields, recordCount }`.
    return sealIngest(this.#buffer.subarray(0, this.#end), {
      topicId,
      batchIdLow,
      batchIdHigh,
      timestampMs,
      recordCount,
    });
  }

  /** Empties the writer; its memory is used again, so the last frame must have been acknowledged. */
  reset(): void {
    this.#end = HEADER_BYTES;
    this.#count = 0;
  }

  #begin(type: number, length: number): number {
    const at = this.#end;
    this.#buffer[at] = type;
    writeU32(this.#buffer, at + 1, length);
    this.#count++;
    return at + RECORD_HEADER_BYTES;
  }

  /** Makes its memory at least so large, or says that it never will be. */
  #grow(needed: number): boolean {
    const limit = HEADER_BYTES + this.maxBytes;
    if (needed > limit) return false;
    let size = this.#buffer.length;
    while (size < needed) size = Math.min(HEADER_BYTES + (size - HEADER_BYTES) * 2, limit);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
    return true;
  }
}
