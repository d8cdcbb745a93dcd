import { asJson, INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { messageOf } from '../../foundation/message-of.js';
import type { RecordBatch } from './record-batch.js';
import * as structured from './structured-values.js';

/** Says that the value has not been decoded; no codec can return it. */
const NOT_YET = Symbol('not decoded yet');

/**
 * One record of a {@link RecordBatch}, which it keeps in memory: keep `copy()` or a decoded value, not the record.
 *
 * @example
 * const describe = ({ type, position }: LanceRecord) => `a record of type ${type} at ${position}`;
 */
export class LanceRecord<V = Uint8Array> {
  // Not #private: making one of these is on the path of every record.
  private readonly batch: RecordBatch<V>;
  private readonly index: number;
  private decoded: V | typeof NOT_YET = NOT_YET;

  constructor(batch: RecordBatch<V>, index: number) {
    this.batch = batch;
    this.index = index;
  }

  /** The type byte, see {@link RecordType}. */
  get type(): number {
    return this.batch.type(this.index);
  }

  /** {@link type}, as the Python client calls it. */
  get recordType(): number {
    return this.type;
  }

  /** Where the record starts in the topic, in bytes. */
  get position(): bigint {
    return this.batch.positionOf(this.index);
  }

  /** Where the next record starts: what to store, and to begin from, once this one is settled. */
  get nextOffset(): bigint {
    return this.batch.nextOffsetOf(this.index);
  }

  /** The value decoded by the stream's codec, on first use. Throws `PayloadError`. */
  get value(): V {
    if (this.decoded === NOT_YET) this.decoded = this.batch.value(this.index);
    return this.decoded;
  }

  /** The value as a view, which keeps the whole fetch in memory. */
  bytes(): Uint8Array {
    return this.batch.bytes(this.index);
  }

  /** The value in memory of its own. */
  copy(): Uint8Array {
    return this.batch.copy(this.index);
  }

  /** The value as UTF-8; bytes that are not become U+FFFD. */
  text(): string {
    return this.batch.text(this.index);
  }

  /** The value decoded as JSON. Throws `PayloadError`. */
  json<T = unknown>(): T {
    return this.batch.json<T>(this.index);
  }

  /** The value decoded as MessagePack. Throws `PayloadError`. */
  msgpack<T = unknown>(): T {
    return this.batch.msgpack<T>(this.index);
  }

  /** Its type, where it starts and its value, or why that can't be read, for logs. */
  toJSON(): Record<string, unknown> {
    return asJson(this.facts());
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected('LanceRecord', this.facts(), how);
  }

  /** Key and value of a KeyValue record, or of one of a type of your own; the value is a view. Throws `PayloadError` for other types. */
  asKeyValue(): structured.KeyValue {
    structured.checkLayout(this.type, 'KeyValue');
    return structured.decodeKeyValue(this.bytes());
  }

  /** Time and value of a Timestamped record, or of one of a type of your own; the value is a view. Throws `PayloadError` for other types. */
  asTimestamped(): structured.Timestamped {
    structured.checkLayout(this.type, 'Timestamped');
    return structured.decodeTimestamped(this.bytes());
  }

  /** Time, key and value of a KeyTimestamped record, or of one of a type of your own; the value is a view. Throws `PayloadError` for other types. */
  asKeyTimestamped(): structured.Timestamped & structured.KeyValue {
    structured.checkLayout(this.type, 'KeyTimestamped');
    return structured.decodeKeyTimestamped(this.bytes());
  }

  private facts(): object {
    const { type, position } = this;
    try {
      const { value } = this;
      // A long list of numbers helps nobody.
      return {
        type,
        position,
        value: value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value,
      };
    } catch (error) {
      return { type, position, error: messageOf(error) };
    }
  }
}
