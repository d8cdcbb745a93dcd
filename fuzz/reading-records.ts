import { InvalidRecordError } from '../src/codecs/lance/errors.js';
import { indexRecords, type RecordIndex } from '../src/codecs/lance/index-records.js';
import { RecordBatch } from '../src/codecs/lance/record-batch.js';
import { decodeRecords, encodeRecords } from '../src/codecs/lance/tlv.js';
import { PayloadError } from '../src/codecs/payload/errors.js';
import { need } from './finding.js';

const MOST = 16 * 1024 * 1024;
const START_OFFSET = 2 ** 40;
/** So many records of a batch are looked at. */
const LOOKED_AT = 50;

interface ExpectedRecords {
  /** Where each starts, and where the last one ends. */
  readonly offsets: readonly number[];
  /** Where one begins that announces too much. */
  readonly badAt?: number;
}

/** The records of a payload as lance.md 3.1 describes them. */
function expectedRecords(bytes: Uint8Array, start: number, end: number): ExpectedRecords {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets = [start];
  for (let at = start; end - at >= 5;) {
    const length = buffer.readUInt32LE(at + 1);
    if (length > MOST) return { offsets, badAt: at };
    if (at + 5 + length > end) break;
    at += 5 + length;
    offsets.push(at);
  }
  return { offsets };
}

/** Records must be found where they are, and each way of looking at one must agree with the others. */
export function readRecords(bytes: Uint8Array, start: number, end: number): void {
  const { offsets, badAt } = expectedRecords(bytes, start, end);
  let index: RecordIndex;
  try {
    index = indexRecords(bytes, start, end, MOST);
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    need(error.at === badAt, () => `a bad record at ${error.at} instead of ${badAt}`);
    throw error;
  }
  need(badAt === undefined, () => `the record at ${badAt} announces too much, and was taken`);
  need(
    index.offsets.join() === offsets.join(),
    () => `records at ${index.offsets.join()} instead of ${offsets.join()}`,
  );
  need(
    index.count === offsets.length - 1 && index.end === offsets.at(-1),
    () => `${index.count} records to ${index.end}`,
  );
  look(bytes, index, start);
}

function look(bytes: Uint8Array, { offsets, count, end }: RecordIndex, start: number): void {
  const batch = new RecordBatch(bytes, offsets, START_OFFSET, START_OFFSET + end - start);
  let seen = 0;
  for (const record of batch) {
    if (seen >= LOOKED_AT) return;
    const at = offsets[seen]!;
    const value = bytes.subarray(at + 5, offsets[seen + 1]);
    seen++;
    need(record.type === bytes[at], () => `type ${record.type} at ${at}`);
    need(record.position === BigInt(START_OFFSET + at - start), () => `position ${record.position} at ${at}`);
    need(Buffer.from(record.bytes()).equals(value) && Buffer.from(record.copy()).equals(value), () => `value at ${at}`);
    record.text();
    payloadErrorOnly(() => record.asKeyValue());
    payloadErrorOnly(() => record.asTimestamped());
    payloadErrorOnly(() => record.asKeyTimestamped());
    payloadErrorOnly(() => record.json());
    payloadErrorOnly(() => record.msgpack());
  }
  need(seen === count, () => `${seen} records of ${count}`);
  const decoded = decodeRecords(bytes.subarray(start, end), MOST);
  need(decoded.records.length === count, () => `decodeRecords: ${decoded.records.length} of ${count}`);
  const again = Buffer.from(encodeRecords(decoded.records));
  const whole = bytes.subarray(start, start + decoded.end);
  need(again.equals(whole), () => 'the records, encoded, are other bytes');
}

function payloadErrorOnly(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
  }
}
