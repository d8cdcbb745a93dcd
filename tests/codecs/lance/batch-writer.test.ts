import fc from 'fast-check';
import { BatchWriter } from '../../../src/codecs/lance/batch-writer.js';
import { batchIdOf, MAX_PAYLOAD_BYTES, timestampNsOf } from '../../../src/codecs/lance/header.js';
import { decodeRecords, encodeRecords, TlvRecord } from '../../../src/codecs/lance/tlv.js';
import { readFrame } from './reading.js';
import { hex, vector } from './golden/vectors.js';

const FIELDS = { batchIdLow: 1, timestampMs: 1_700_000_000_000, topicId: 1 };
const FIRST_BYTES = 64 * 1024;

const shown = ({ type, value }: TlvRecord): unknown => [type, hex(value)];

describe('BatchWriter', () => {
  it('writes the golden frames', () => {
    const writer = new BatchWriter();
    writer.appendText(1, 'hello');
    expect(hex(writer.seal(FIELDS))).toBe(vector('ingest_1_raw').hex);

    writer.reset();
    for (let i = 0; i < 100; i++) expect(writer.appendText(1, `message ${i}`)).toBe(true);
    expect(writer.recordCount).toBe(100);
    expect(hex(writer.seal({ ...FIELDS, batchIdLow: 3 }))).toBe(vector('ingest_100_records').hex);

    writer.reset();
    writer.append(1, new Uint8Array(0));
    expect(hex(writer.seal({ ...FIELDS, batchIdLow: 5 }))).toBe(vector('ingest_empty_value_record').hex);

    writer.reset();
    writer.append(1, Uint8Array.of(0x7a));
    const ids = { batchIdLow: 0xffff_ffff, batchIdHigh: 0xffff_ffff };
    expect(hex(writer.seal({ ...FIELDS, ...ids }))).toBe(vector('ingest_batch_id_u64_max').hex);
  });

  it('gives the records back, whatever they are and however they were appended', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    const value = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(30_000).map((length) => new Uint8Array(length).fill(length)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(255), value, fc.boolean()), { maxLength: 12 }), (given) => {
        const writer = new BatchWriter();
        const records = given.map(([type, one, encoded]) => {
          const record = new TlvRecord(type, typeof one === 'string' ? new TextEncoder().encode(one) : one);
          if (encoded) expect(writer.appendEncoded(encodeRecords([record]))).toBe(true);
          else expect(typeof one === 'string' ? writer.appendText(type, one) : writer.append(type, one)).toBe(true);
          return record;
        });
        expect(writer.byteLength).toBe(records.reduce((sum, record) => sum + record.byteLength, 0));
        const { header, payload } = readFrame(writer.seal({ ...FIELDS, topicId: 9, batchIdHigh: 2 }));
        expect(header.recordCount).toBe(given.length);
        expect(header.topicId).toBe(9);
        expect(batchIdOf(header)).toBe(2n ** 33n + 1n);
        expect(timestampNsOf(header)).toBe(1_700_000_000_000_000_000n);
        expect(decodeRecords(payload).records.map(shown)).toEqual(records.map(shown));
      }),
    );
  });

  it('a string with lone surrogates is what an encoder makes of it', () => {
    const writer = new BatchWriter();
    writer.appendText(1, 'a\ud800b');
    expect(hex(readFrame(writer.seal(FIELDS)).payload)).toBe(
      hex(encodeRecords([TlvRecord.raw(Buffer.from('a\ufffdb'))])),
    );
  });

  it('grows by doubling, keeps what it has, and allocates no more than its limit', () => {
    const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
    try {
      const writer = new BatchWriter(200_000);
      const record = new Uint8Array(995).fill(7);
      while (writer.append(1, record));
      expect([writer.recordCount, writer.byteLength]).toEqual([200, 200_000]);
      const sizes = allocate.mock.calls.map(([size]) => size);
      expect(sizes).toEqual([44 + FIRST_BYTES, 44 + 2 * FIRST_BYTES, 44 + 200_000]);
      expect(decodeRecords(readFrame(writer.seal(FIELDS)).payload).records.every(({ value }) => value[994] === 7)).toBe(
        true,
      );
    } finally {
      allocate.mockRestore();
    }
  });

  it('takes exactly its limit, and says no to one byte more without changing', () => {
    const writer = new BatchWriter(15);
    expect(writer.append(1, new Uint8Array(11))).toBe(false);
    expect(writer.appendText(1, 'éééééé')).toBe(false);
    expect(writer.appendEncoded(new Uint8Array(16))).toBe(false);
    expect([writer.byteLength, writer.recordCount]).toEqual([0, 0]);
    expect(writer.appendText(1, 'ééééé')).toBe(true);
    expect([writer.byteLength, writer.recordCount]).toEqual([15, 1]);
    expect(writer.append(1, new Uint8Array(0))).toBe(false);
    expect(decodeRecords(readFrame(writer.seal(FIELDS)).payload).records.map(({ value }) => hex(value))).toEqual([
      'c3a9c3a9c3a9c3a9c3a9',
    ]);
  });

  it('text near the limit is measured before it is written', () => {
    for (let limit = 5; limit < 40; limit++) {
      for (const text of ['a'.repeat(10), 'é'.repeat(10), '€'.repeat(10), '😀'.repeat(5), '']) {
        const writer = new BatchWriter(limit);
        const bytes = Buffer.byteLength(text);
        expect(writer.appendText(1, text)).toBe(5 + bytes <= limit);
        expect(writer.byteLength).toBe(5 + bytes <= limit ? 5 + bytes : 0);
      }
    }
  });

  it('text much longer than the first buffer is not cut', () => {
    const text = '€'.repeat(100_000);
    const writer = new BatchWriter();
    expect(writer.appendText(1, text)).toBe(true);
    expect(decodeRecords(readFrame(writer.seal(FIELDS)).payload).records[0]?.value.length).toBe(300_000);
  });

  it('is empty again after a reset, in the same memory', () => {
    const writer = new BatchWriter();
    writer.appendText(1, 'hello');
    const before = writer.seal(FIELDS);
    writer.reset();
    expect([writer.byteLength, writer.recordCount]).toEqual([0, 0]);
    writer.appendText(1, 'x');
    const after = writer.seal(FIELDS);
    expect(after.buffer).toBe(before.buffer);
    expect(readFrame(after).payload).toHaveLength(6);
  });

  it('may go on after a seal: the next seal covers all', () => {
    const writer = new BatchWriter();
    writer.appendText(1, 'a');
    writer.seal(FIELDS);
    writer.appendText(1, 'b');
    expect(readFrame(writer.seal(FIELDS)).header.recordCount).toBe(2);
  });

  it.each([4, MAX_PAYLOAD_BYTES + 1, 10.5])('has no limit of %s', (limit) => {
    expect(() => new BatchWriter(limit)).toThrow(/^maxBytes: /);
  });
});
