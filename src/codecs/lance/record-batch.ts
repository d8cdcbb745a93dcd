import type { PayloadCodec } from '../payload/codec.js';
import { PayloadError } from '../payload/errors.js';
import { msgpack } from '../payload/msgpack.js';
import { raw } from '../payload/raw.js';
import { withContext } from '../../foundation/with-context.js';
import { LanceRecord } from './record.js';
import { RECORD_HEADER_BYTES } from './record-type.js';

/**
 * The whole records of one fetch: one buffer and where each record starts in it (see {@link indexRecords}). Records
 * are made when asked for, and decoded when asked for.
 *
 * **A view keeps the whole fetch in memory**: whoever keeps `bytes(i)` of one record keeps all of them. Keep
 * `copy(i)`, or what `text`, `json` and `msgpack` return, which are copies.
 *
 * @example
 * const print = (batch: RecordBatch) => {
 *   for (const record of batch) console.log(record.position, record.text());
 * };
 */
export class RecordBatch<V = Uint8Array> implements Iterable<LanceRecord<V>> {
  /** How many records there are. */
  readonly length: number;
  /** {@link position} as a number, which is exact: positions are at most 2^53 - 1. */
  readonly startOffset: number;
  /** {@link nextOffset} as a number. */
  readonly endOffset: number;
  readonly #buffer: Buffer;
  readonly #memory: ArrayBufferLike;
  readonly #base: number;
  readonly #offsets: Uint32Array;
  readonly #first: number;
  readonly #codec: PayloadCodec<V>;
  readonly #topic: string | undefined;

  /**
   * `offsets` holds where each record starts in `buffer` and, last, where the last one ends. `startOffset` is the
   * position in the topic of the first record, `endOffset` that of the byte behind the last; `topic` is for errors.
   */
  constructor(
    buffer: Uint8Array,
    offsets: Uint32Array,
    startOffset: number,
    endOffset: number,
    // Without a codec V is Uint8Array, which the compiler cannot conclude.
    codec: PayloadCodec<V> = raw() as unknown as PayloadCodec<V>,
    topic?: string,
  ) {
    this.length = offsets.length - 1;
    this.startOffset = startOffset;
    this.endOffset = endOffset;
    this.#buffer = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#memory = buffer.buffer;
    this.#base = buffer.byteOffset;
    this.#offsets = offsets;
    this.#first = offsets[0]!;
    this.#codec = codec;
    this.#topic = topic;
  }

  /** Where the first record starts in the topic, in bytes. */
  get position(): bigint {
    return BigInt(this.startOffset);
  }

  /** Where the next batch starts: what to commit once this one is settled. */
  get nextOffset(): bigint {
    return BigInt(this.endOffset);
  }

  /** Bytes of all records, their headers included. */
  get byteLength(): number {
    return this.#offsets[this.length]! - this.#first;
  }

  /** The record's type byte, see {@link RecordType}. */
  type(i: number): number {
    return this.#buffer[this.#start(i)]!;
  }

  /** Where the record starts in the topic, in bytes. */
  positionOf(i: number): bigint {
    return BigInt(this.startOffset + this.#start(i) - this.#first);
  }

  /** Where the next record starts in the topic, in bytes: what to store once this one is settled. */
  nextOffsetOf(i: number): bigint {
    this.#start(i);
    return BigInt(this.startOffset + this.#offsets[i + 1]! - this.#first);
  }

  /** The value as a view, which keeps the whole fetch in memory. */
  bytes(i: number): Uint8Array {
    const start = this.#start(i) + RECORD_HEADER_BYTES;
    return new Uint8Array(this.#memory, this.#base + start, this.#offsets[i + 1]! - start);
  }

  /** The value in memory of its own. */
  copy(i: number): Uint8Array {
    return this.bytes(i).slice();
  }

  /** The value as UTF-8; bytes that are not become U+FFFD (the codec `text()` refuses them). */
  text(i: number): string {
    const start = this.#start(i) + RECORD_HEADER_BYTES;
    return this.#buffer.toString('utf8', start, this.#offsets[i + 1]);
  }

  /** The value decoded as JSON. Throws `PayloadError`. */
  json<T = unknown>(i: number): T {
    const text = this.text(i);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw this.#placed(new PayloadError('json', `${this.bytes(i).length} bytes are not JSON`, cause), i);
    }
  }

  /** The value decoded as MessagePack. Throws `PayloadError`. */
  msgpack<T = unknown>(i: number): T {
    return this.#decoded(msgpack<T>(), i);
  }

  /** The value decoded by the codec that the batch was made with; without one, {@link bytes}. */
  value(i: number): V {
    return this.#decoded(this.#codec, i);
  }

  /** The record as an object. */
  record(i: number): LanceRecord<V> {
    this.#start(i);
    return new LanceRecord(this, i);
  }

  [Symbol.iterator](): IterableIterator<LanceRecord<V>> {
    return new RecordIterator(this);
  }

  #decoded<T>(codec: PayloadCodec<T>, i: number): T {
    try {
      return codec.decode(this.bytes(i));
    } catch (error) {
      throw this.#placed(error, i);
    }
  }

  /** What a codec says of a value, with the place of its record. */
  #placed(error: unknown, i: number): unknown {
    if (!(error instanceof PayloadError)) return error;
    const topic = this.#topic;
    const position = this.positionOf(i);
    const place = topic === undefined ? `the record at ${position}` : `the record at ${position} of topic "${topic}"`;
    return withContext(error, { position, ...(topic === undefined ? {} : { topic }) }, `${error.message} (${place})`);
  }

  #start(i: number): number {
    const start = this.#offsets[i];
    if (start === undefined || i === this.length) throw new RangeError(`no record ${i} in a batch of ${this.length}`);
    return start;
  }
}

/** A generator would cost three times as much per record. */
class RecordIterator<V> implements IterableIterator<LanceRecord<V>> {
  readonly #batch: RecordBatch<V>;
  #at = 0;

  constructor(batch: RecordBatch<V>) {
    this.#batch = batch;
  }

  next(): IteratorResult<LanceRecord<V>> {
    const batch = this.#batch;
    if (this.#at === batch.length) return { done: true, value: undefined };
    return { done: false, value: new LanceRecord(batch, this.#at++) };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
