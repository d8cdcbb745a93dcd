import { integerIn } from '../../foundation/check.js';
import { writeU32 } from '../little-endian.js';
import { json } from '../payload/json.js';
import { msgpack } from '../payload/msgpack.js';
import { indexRecords } from './index-records.js';
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES, RecordType } from './record-type.js';
import * as structured from './structured-values.js';

const NOTHING = new Uint8Array(0);

/**
 * One record to be sent, or one that was decoded: a type from 0 to 255 and a value (lance.md 3).
 *
 * @example
 * const record = TlvRecord.keyValue('my-key', new TextEncoder().encode('my-value'));
 * record.asKeyValue().key; // 'my-key'
 */
export class TlvRecord {
  readonly type: number;
  readonly value: Uint8Array;

  /** @throws {@link InvalidOptionError} for another type, and for what is not bytes. */
  constructor(type: number, value: Uint8Array) {
    this.type = integerIn('type', type, 0, 255);
    this.value = structured.bytesOnly(value);
  }

  static raw(value: Uint8Array): TlvRecord {
    return new TlvRecord(RecordType.RawData, value);
  }

  /** Bytes are taken as JSON that is encoded already; anything else is encoded. */
  static json(value: unknown): TlvRecord {
    return new TlvRecord(RecordType.Json, value instanceof Uint8Array ? value : json().encode(value));
  }

  /** Bytes are taken as MessagePack that is encoded already; anything else is encoded. */
  static messagePack(value: unknown): TlvRecord {
    return new TlvRecord(RecordType.MessagePack, value instanceof Uint8Array ? value : msgpack().encode(value));
  }

  static keyValue(key: string, value: Uint8Array): TlvRecord {
    return new TlvRecord(RecordType.KeyValue, structured.encodeKeyValue(key, value));
  }

  static timestamped(timestampNs: bigint, value: Uint8Array): TlvRecord {
    return new TlvRecord(RecordType.Timestamped, structured.encodeTimestamped(timestampNs, value));
  }

  static keyTimestamped(timestampNs: bigint, key: string, value: Uint8Array): TlvRecord {
    return new TlvRecord(RecordType.KeyTimestamped, structured.encodeKeyTimestamped(timestampNs, key, value));
  }

  /** A tombstone. After a crash a real server cuts off what follows one; a KeyValue without value is safe. */
  static null(): TlvRecord {
    return new TlvRecord(RecordType.Null, NOTHING);
  }

  /** `type` from 0x80 to 0xFE. */
  static userDefined(type: number, value: Uint8Array): TlvRecord {
    return new TlvRecord(integerIn('type', type, RecordType.UserDefined, RecordType.Null - 1), value);
  }

  /** {@link type}, as the Python client calls it. */
  get recordType(): number {
    return this.type;
  }

  /** Bytes of the record on the wire. */
  get byteLength(): number {
    return RECORD_HEADER_BYTES + this.value.length;
  }

  /** Key and value of a KeyValue record, or of one of a type of your own. Throws `PayloadError` for other types. */
  asKeyValue(): structured.KeyValue {
    structured.checkLayout(this.type, 'KeyValue');
    return structured.decodeKeyValue(this.value);
  }

  /** Time and value of a Timestamped record, or of one of a type of your own. Throws `PayloadError` for other types. */
  asTimestamped(): structured.Timestamped {
    structured.checkLayout(this.type, 'Timestamped');
    return structured.decodeTimestamped(this.value);
  }

  /** Time, key and value of a KeyTimestamped record, or of one of a type of your own. Throws `PayloadError` for other types. */
  asKeyTimestamped(): structured.Timestamped & structured.KeyValue {
    structured.checkLayout(this.type, 'KeyTimestamped');
    return structured.decodeKeyTimestamped(this.value);
  }
}

/** What {@link decodeRecords} found. */
export interface DecodedRecords {
  /** Their values are views of the bytes. */
  readonly records: TlvRecord[];
  /** Where the first record starts that is cut, or the end of the bytes. */
  readonly end: number;
}

/** Packs records back to back, as the payload of an ingest. */
export function encodeRecords(records: readonly TlvRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.reduce((sum, record) => sum + record.byteLength, 0));
  let at = 0;
  for (const { type, value } of records) at = writeRecord(bytes, at, type, value);
  return bytes;
}

/** Writes one record at `at`, where there must be room; returns where it ends. */
export function writeRecord(target: Uint8Array, at: number, type: number, value: Uint8Array): number {
  target[at] = type;
  writeU32(target, at + 1, value.length);
  target.set(value, at + RECORD_HEADER_BYTES);
  return at + RECORD_HEADER_BYTES + value.length;
}

/** For few records; {@link RecordBatch} reads many without an object for each. Throws `InvalidRecordError`. */
export function decodeRecords(bytes: Uint8Array, maxRecordBytes = MAX_RECORD_BYTES): DecodedRecords {
  const { offsets, count, end } = indexRecords(bytes, 0, bytes.length, maxRecordBytes);
  const records: TlvRecord[] = [];
  for (let i = 0; i < count; i++) {
    const at = offsets[i]!;
    records.push(new TlvRecord(bytes[at]!, bytes.subarray(at + RECORD_HEADER_BYTES, offsets[i + 1])));
  }
  return { records, end };
}
