import fc from 'fast-check';
import { InvalidRecordError } from '../../../src/codecs/lance/errors.js';
import { indexRecords } from '../../../src/codecs/lance/index-records.js';
import { RecordBatch } from '../../../src/codecs/lance/record-batch.js';
import { MAX_RECORD_BYTES, RecordType } from '../../../src/codecs/lance/record-type.js';
import { decodeRecords, encodeRecords, TlvRecord } from '../../../src/codecs/lance/tlv.js';
import { json } from '../../../src/codecs/payload/json.js';
import { PayloadError } from '../../../src/codecs/payload/errors.js';
import { hex } from './golden/vectors.js';

const anyRecord = fc
  .tuple(
    fc.nat(255),
    fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 12 }) }, fc.uint8Array({ maxLength: 300 })),
  )
  .map(([type, value]) => new TlvRecord(type, value));
const anyRecords = fc.array(anyRecord, { maxLength: 20 });

function batchOf(records: readonly TlvRecord[], start = 1000): RecordBatch {
  const bytes = encodeRecords(records);
  const { offsets, end } = indexRecords(bytes, 0, bytes.length, MAX_RECORD_BYTES);
  return new RecordBatch(bytes, offsets, start, start + end);
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('records, cut anywhere', () => {
  it('those before the cut are whole, and what is carried restores the rest', () => {
    fc.assert(
      fc.property(anyRecords, fc.array(fc.nat(), { maxLength: 6 }), fc.nat(40), (records, cuts, room) => {
        const bytes = encodeRecords(records);
        const at = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const found: TlvRecord[] = [];
        let carry = new Uint8Array(0);
        let from = 0;
        for (const to of at) {
          // As the consumer does: the carried tail stands in front of the data, in the same buffer.
          const buffer = new Uint8Array(room + carry.length + (to - from)).fill(0xdb);
          buffer.set(carry, room);
          buffer.set(bytes.subarray(from, to), room + carry.length);
          const start = from - carry.length;
          const { offsets, count, end } = indexRecords(buffer, room, buffer.length, MAX_RECORD_BYTES);
          expect(offsets).toHaveLength(count + 1);
          expect([offsets[0], offsets[count]]).toEqual([room, end]);
          const batch = new RecordBatch(buffer, offsets, start, start + end - room);
          expect(batch.nextOffset - batch.position).toBe(BigInt(batch.byteLength));
          for (let i = 0; i < batch.length; i++) found.push(new TlvRecord(batch.type(i), batch.copy(i)));
          carry = buffer.slice(end);
          from = to;
        }
        expect(carry).toHaveLength(0);
        expect(found).toEqual(records);
      }),
      { numRuns: 500 },
    );
  });

  it('a prefix of any length holds exactly the records that end in it', () => {
    fc.assert(
      fc.property(anyRecords, fc.nat(), (records, random) => {
        const bytes = encodeRecords(records);
        const cut = random % (bytes.length + 1);
        const { records: whole, end } = decodeRecords(bytes.subarray(0, cut));
        let sum = 0;
        const expected = records.filter((record) => (sum += record.byteLength) <= cut);
        expect(whole).toEqual(expected);
        expect(end).toBe(expected.reduce((total, record) => total + record.byteLength, 0));
      }),
    );
  });

  it('any bytes at all are records, a cut record, or refused: nothing is read outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.nat(), fc.nat(300), (bytes, a, b, max) => {
        const start = a % (bytes.length + 1);
        const end = start + (b % (bytes.length - start + 1));
        const around = new Uint8Array(bytes.length).fill(0xff);
        around.set(bytes.subarray(start, end), start);
        let found;
        try {
          found = indexRecords(bytes, start, end, max);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRecordError);
          expect(() => indexRecords(around, start, end, max)).toThrow(InvalidRecordError);
          const { at } = error as InvalidRecordError;
          expect(indexRecords(bytes, start, at, max).end).toBe(at);
          return;
        }
        expect(indexRecords(around, start, end, max)).toEqual(found);
        expect(found.end).toBeGreaterThanOrEqual(start);
        expect(found.end).toBeLessThanOrEqual(end);
      }),
      { numRuns: 500 },
    );
  });
});

describe('indexRecords', () => {
  it('takes a value of exactly the maximum and refuses one byte more', () => {
    const bytes = encodeRecords([TlvRecord.raw(new Uint8Array(10)), TlvRecord.raw(new Uint8Array(11))]);
    expect(indexRecords(bytes, 0, bytes.length, 11).count).toBe(2);
    const refuse = (): unknown => indexRecords(bytes, 0, bytes.length, 10);
    expect(refuse).toThrow('a record announces 11 bytes: at most 10 allowed');
    expect(refuse).toThrow(expect.objectContaining({ at: 15, code: 'LANCE_INVALID_RECORD' }));
  });

  it.each([0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('refuses a length of %d', (length) => {
    const bytes = new Uint8Array(10);
    new DataView(bytes.buffer).setUint32(1, length, true);
    expect(() => indexRecords(bytes, 0, 10, MAX_RECORD_BYTES)).toThrow(`announces ${length} bytes`);
  });

  it.each([2 ** 14 - 1, 2 ** 14, 2 ** 14 + 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1])(
    'has room for %d records',
    (count) => {
      const { offsets, end } = indexRecords(new Uint8Array(count * 5), 0, count * 5, 0);
      expect([offsets.length, offsets[count - 1], offsets[count], end]).toEqual([
        count + 1,
        (count - 1) * 5,
        count * 5,
        count * 5,
      ]);
    },
  );

  it('indexes more records than its scratch holds, twice', () => {
    const count = 3_000_000;
    const bytes = new Uint8Array(count * 5);
    for (let round = 0; round < 2; round++) {
      const index = indexRecords(bytes, 0, bytes.length, 0);
      expect([index.count, index.end, index.offsets.length]).toEqual([count, count * 5, count + 1]);
      expect([index.offsets[0], index.offsets[16_384], index.offsets[count - 1]]).toEqual([0, 81_920, (count - 1) * 5]);
    }
  });

  it('gives every index memory of its own', () => {
    const bytes = encodeRecords([TlvRecord.null(), TlvRecord.null()]);
    const first = indexRecords(bytes, 0, 10, 0).offsets;
    indexRecords(bytes, 5, 10, 0);
    expect([...first]).toEqual([0, 5, 10]);
    expect(first.buffer.byteLength).toBe(12);
  });

  it.each([
    [-1, 5],
    [3, 2],
    [0, 11],
  ])('has no range from %i to %i in ten bytes', (start, end) => {
    expect(() => indexRecords(new Uint8Array(10), start, end, 1)).toThrow(RangeError);
  });
});

describe('RecordBatch', () => {
  const batch = batchOf([
    TlvRecord.raw(utf8('hello')),
    TlvRecord.json({ a: 1 }),
    TlvRecord.messagePack({ b: [2] }),
    TlvRecord.keyValue('clé', utf8('v')),
    TlvRecord.timestamped(2n ** 63n, utf8('t')),
    TlvRecord.keyTimestamped(5n, 'k', utf8('w')),
    TlvRecord.null(),
  ]);

  it('knows its place', () => {
    expect([batch.length, batch.position, batch.startOffset]).toEqual([7, 1000n, 1000]);
    expect(batch.nextOffset).toBe(1000n + BigInt(batch.byteLength));
    expect([batch.positionOf(0), batch.positionOf(1), batch.positionOf(2)]).toEqual([1000n, 1010n, 1022n]);
    expect([0, 1, 6].map((i) => batch.nextOffsetOf(i))).toEqual([1010n, 1022n, batch.nextOffset]);
  });

  it('reads records as what they are', () => {
    expect(batch.text(0)).toBe('hello');
    expect(batch.json(1)).toEqual({ a: 1 });
    expect(batch.msgpack(2)).toEqual({ b: [2] });
    expect(batch.type(6)).toBe(RecordType.Null);
    expect(batch.bytes(6)).toHaveLength(0);
    const { key, value } = batch.record(3).asKeyValue();
    expect([key, hex(value)]).toEqual(['clé', '76']);
    expect(batch.record(4).asTimestamped()).toEqual({ timestampNs: 2n ** 63n, value: utf8('t') });
    expect(batch.record(5).asKeyTimestamped()).toEqual({ timestampNs: 5n, key: 'k', value: utf8('w') });
  });

  it('is iterable, more than once', () => {
    const types = [1, 2, 3, 0x10, 0x11, 0x12, 0xff];
    expect([...batch].map((record) => record.type)).toEqual(types);
    expect([...batch].map((record) => record.type)).toEqual(types);
    expect([...batchOf([])]).toEqual([]);
    const iterator = batch[Symbol.iterator]();
    expect(iterator[Symbol.iterator]()).toBe(iterator);
  });

  it('gives records that say what the batch says', () => {
    for (const [i, record] of [...batch].entries()) {
      expect(record.position).toBe(batch.positionOf(i));
      expect(record.nextOffset).toBe(batch.nextOffsetOf(i));
      expect(record.text()).toBe(batch.text(i));
      expect(record.bytes()).toEqual(batch.bytes(i));
      expect(record.copy()).toEqual(batch.copy(i));
    }
    expect(batch.record(1).json()).toEqual({ a: 1 });
    expect(batch.record(2).msgpack()).toEqual({ b: [2] });
  });

  it('views keep the batch, copies do not', () => {
    const bytes = encodeRecords([TlvRecord.raw(utf8('abc')), TlvRecord.raw(utf8('def'))]);
    const { offsets } = indexRecords(bytes, 0, bytes.length, 10);
    const two = new RecordBatch(bytes, offsets, 0, bytes.length);
    const [view, copy] = [two.bytes(1), two.copy(1)];
    expect(view.buffer).toBe(bytes.buffer);
    expect(copy.buffer.byteLength).toBe(3);
    bytes.fill(0);
    expect([hex(view), hex(copy)]).toEqual(['000000', '646566']);
  });

  it('works on a part of a larger buffer', () => {
    const memory = new Uint8Array(100).fill(0xdb);
    memory.set(encodeRecords([TlvRecord.raw(utf8('abc'))]), 33);
    const part = memory.subarray(30, 90);
    const { offsets } = indexRecords(part, 3, 11, 10);
    const one = new RecordBatch(part, offsets, 0, 8);
    expect([one.type(0), one.text(0), hex(one.bytes(0)), one.byteLength]).toEqual([1, 'abc', '616263', 8]);
  });

  it.each([-1, 7, 0.5, Number.NaN])('has no record %s', (i) => {
    for (const read of [
      () => batch.type(i),
      () => batch.bytes(i),
      () => batch.copy(i),
      () => batch.text(i),
      () => batch.value(i),
      () => batch.record(i),
      () => batch.positionOf(i),
      () => batch.nextOffsetOf(i),
    ]) {
      expect(read).toThrow(RangeError);
    }
  });

  it('without a codec a value is a view; with one it is decoded, by a record once', () => {
    expect(batch.value(0)).toEqual(utf8('hello'));
    const bytes = encodeRecords([TlvRecord.json({ id: 7 })]);
    const { offsets } = indexRecords(bytes, 0, bytes.length, 100);
    const codec = json<{ id: number }>();
    const decode = jest.fn(codec.decode);
    const decoded = new RecordBatch(bytes, offsets, 0, bytes.length, { ...codec, decode });
    const record = decoded.record(0);
    expect(decode).not.toHaveBeenCalled();
    expect([record.value.id, record.value.id]).toEqual([7, 7]);
    expect(record.value).toBe(record.value);
    expect(decode).toHaveBeenCalledTimes(1);
    expect(decoded.value(0)).not.toBe(decoded.value(0));
  });

  it('a value that decodes to undefined is decoded once, too', () => {
    const bytes = encodeRecords([TlvRecord.null()]);
    const { offsets } = indexRecords(bytes, 0, bytes.length, 0);
    const decode = jest.fn(() => undefined);
    const record = new RecordBatch(bytes, offsets, 0, 5, { name: 'none', encode: () => bytes, decode }).record(0);
    expect([record.value, record.value]).toEqual([undefined, undefined]);
    expect(decode).toHaveBeenCalledTimes(1);
  });

  it('says which record is not what it was taken for', () => {
    const read = (): unknown => batch.json(0);
    expect(read).toThrow(PayloadError);
    expect(read).toThrow('json: 5 bytes are not JSON (the record at 1000)');
    expect(() => batch.msgpack(6)).toThrow(PayloadError);
  });

  it('text is lenient: what is not UTF-8 becomes U+FFFD', () => {
    expect(batchOf([TlvRecord.raw(Uint8Array.of(0x61, 0xff))]).text(0)).toBe('a\ufffd');
  });

  it('keeps positions beyond 2^32 exact', () => {
    const far = batchOf([TlvRecord.null(), TlvRecord.null()], 2 ** 53 - 100);
    expect(far.positionOf(1)).toBe(2n ** 53n - 95n);
    expect(far.nextOffset).toBe(2n ** 53n - 90n);
  });
});

describe('TlvRecord', () => {
  it('takes bytes of JSON and MessagePack as they are, and encodes other values', () => {
    expect(TlvRecord.json(utf8('{"a":1}')).value).toEqual(utf8('{"a":1}'));
    expect(TlvRecord.json('{"a":1}').value).toEqual(utf8('"{\\"a\\":1}"'));
    expect(hex(TlvRecord.messagePack({ k: 1 }).value)).toBe('81a16b01');
  });

  it.each([-1, 256, 1.5])('has no type %s', (type) => {
    expect(() => new TlvRecord(type, new Uint8Array(0))).toThrow(/^type: /);
  });

  it('users have the types from 0x80 to 0xFE', () => {
    expect(TlvRecord.userDefined(0x80, utf8('')).type).toBe(0x80);
    expect(TlvRecord.userDefined(0xfe, utf8('')).type).toBe(0xfe);
    expect(() => TlvRecord.userDefined(0x7f, utf8(''))).toThrow(/^type: /);
    expect(() => TlvRecord.userDefined(0xff, utf8(''))).toThrow(/^type: /);
  });

  it('refuses keys of more than 65 535 bytes and times that are no u64', () => {
    expect(TlvRecord.keyValue('é'.repeat(32_767), utf8('')).asKeyValue().key).toHaveLength(32_767);
    expect(() => TlvRecord.keyValue('é'.repeat(32_768), utf8(''))).toThrow(/^key: /);
    expect(() => TlvRecord.timestamped(-1n, utf8(''))).toThrow(/^timestampNs: /);
    expect(() => TlvRecord.timestamped(2n ** 64n, utf8(''))).toThrow(/^timestampNs: /);
  });

  it.each<[string, (record: TlvRecord) => unknown]>([
    ['KeyValue', (record) => record.asKeyValue()],
    ['Timestamped', (record) => record.asTimestamped()],
    ['KeyTimestamped', (record) => record.asKeyTimestamped()],
  ])('what is no %s is not read as one, and the error says what it is', (layout, read) => {
    expect(() => read(TlvRecord.raw(utf8('hello')))).toThrow(`${layout}: the record is RawData`);
    expect(() => read(TlvRecord.null())).toThrow(`${layout}: the record is Null`);
    expect(() => read(new TlvRecord(0x07, utf8('hello')))).toThrow(`${layout}: the record is of type 0x07`);
    expect(() => read(TlvRecord.raw(utf8('hello')))).toThrow(expect.objectContaining({ code: 'PAYLOAD' }));
    // Whoever has types of their own knows their layout.
    expect(() => read(TlvRecord.userDefined(0x80, utf8('hello')))).not.toThrow();
  });

  it('neither is a record of a batch', () => {
    const record = batchOf([TlvRecord.raw(utf8('hello'))]).record(0);
    expect(() => record.asKeyValue()).toThrow('KeyValue: the record is RawData');
    expect(() => record.asTimestamped()).toThrow('Timestamped: the record is RawData');
    expect(() => record.asKeyTimestamped()).toThrow('KeyTimestamped: the record is RawData');
  });

  it('reads structured values that are too short as the Python client does', () => {
    const one = utf8('a');
    expect(new TlvRecord(0x10, one).asKeyValue()).toEqual({ key: '', value: one });
    expect(new TlvRecord(0x10, Uint8Array.of(9, 0, 0x61)).asKeyValue()).toEqual({ key: 'a', value: utf8('') });
    expect(new TlvRecord(0x10, Uint8Array.of(1, 0, 0xff)).asKeyValue().key).toBe('\ufffd');
    expect(new TlvRecord(0x11, one).asTimestamped()).toEqual({ timestampNs: 0n, value: one });
    expect(new TlvRecord(0x12, one).asKeyTimestamped()).toEqual({ timestampNs: 0n, key: '', value: one });
  });
});
