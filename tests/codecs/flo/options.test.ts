import { OptionsReader, OptionsWriter, Tag } from '../../../src/codecs/flo/options.js';
import { bytesOf, fromHex, hex, utf8, vectors } from './golden/vectors.js';

const text = utf8('x'.repeat(255));

/** Written by us, read by us; the bytes are the vectors'. */
const VECTORS: readonly (readonly [
  name: string,
  write: (to: OptionsWriter) => OptionsWriter,
  read: (from: OptionsReader) => unknown,
  value: unknown,
])[] = [
  ['tlv/u8', (to) => to.u8(Tag.Priority, 5), (from) => from.u8(Tag.Priority), 5],
  ['tlv/u32', (to) => to.u32(Tag.Limit, 100), (from) => from.u32(Tag.Limit), 100],
  ['tlv/u64', (to) => to.smallU64(Tag.Ttl, 3600), (from) => from.clampedU64(Tag.Ttl), 3600],
  ['tlv/u64', (to) => to.u64(Tag.Ttl, 3600n), (from) => from.u64(Tag.Ttl), 3600n],
  ['tlv/bytes', (to) => to.bytes(Tag.DedupKey, utf8('abc123')), (from) => from.bytes(Tag.DedupKey), utf8('abc123')],
  ['tlv/flag', (to) => to.flag(Tag.IfNotExists, true), (from) => from.flag(Tag.IfNotExists), true],
  ['tlv/max_length', (to) => to.bytes(Tag.DedupKey, text), (from) => from.bytes(Tag.DedupKey), text],
];

it.each(VECTORS)('%s', (name, write, read, value) => {
  expect(hex(write(new OptionsWriter()).done())).toBe(hex(bytesOf(name)));
  expect(read(new OptionsReader(bytesOf(name)))).toEqual(value);
});

it('no vector of options is forgotten', () => {
  const all = vectors.map(({ name }) => name).filter((name) => name.startsWith('tlv/'));
  expect(new Set(VECTORS.map(([name]) => name))).toEqual(new Set(all));
});

it('what is undefined or not set is left out, the rest keeps its order', () => {
  const none = new OptionsWriter().u8(Tag.Priority, undefined).u32(Tag.Limit, undefined).u64(Tag.Ttl, undefined);
  expect(
    none.smallU64(Tag.Ttl, undefined).bytes(Tag.DedupKey, undefined).flag(Tag.IfExists, false).done(),
  ).toHaveLength(0);
  expect(hex(new OptionsWriter().flag(Tag.IfExists, true).u8(Tag.Priority, 1).done())).toBe('0400100101');
});

it('an option of more than 255 bytes is a mistake of the caller', () => {
  expect(() => new OptionsWriter().bytes(Tag.DedupKey, new Uint8Array(256))).toThrow(RangeError);
});

describe('reading', () => {
  it('takes the first of several', () => {
    expect(new OptionsReader(fromHex('100101100102')).u8(Tag.Priority)).toBe(1);
    // Also when the first has a width that makes it absent.
    expect(new OptionsReader(fromHex('10020101100102')).u8(Tag.Priority)).toBeUndefined();
  });

  it('skips unknown tags by their length', () => {
    expect(new OptionsReader(fromHex('ee0310011004100105')).u8(Tag.Priority)).toBeUndefined();
    expect(new OptionsReader(fromHex('ee03100110100105')).u8(Tag.Priority)).toBe(5);
  });

  it('ends where one is cut off', () => {
    for (const cut of ['10', '1001', '16010110', '1601011001']) {
      expect(new OptionsReader(fromHex(cut)).u8(Tag.Priority)).toBeUndefined();
    }
    expect(new OptionsReader(fromHex('1601011001')).u8(Tag.SendToDlq)).toBe(1);
    expect(new OptionsReader(fromHex('0504640000')).u32(Tag.Limit)).toBeUndefined();
    expect(new OptionsReader(fromHex('13066162')).bytes(Tag.DedupKey)).toBeUndefined();
  });

  it('takes one of an unexpected width for absent, and tells', () => {
    const options = new OptionsReader(fromHex('01043c000000'));
    expect([options.u64(Tag.Ttl), options.clampedU64(Tag.Ttl), options.u32(Tag.Ttl)]).toEqual([
      undefined,
      undefined,
      60,
    ]);
    expect([options.isMisshapen(Tag.Ttl, 8), options.isMisshapen(Tag.Ttl, 4)]).toEqual([true, false]);
    expect(options.isMisshapen(Tag.CasVersion, 8)).toBe(false);
  });

  it('keeps a u64 exact where it matters, and bounds it where it does not', () => {
    const options = new OptionsReader(fromHex('0108ffffffffffffffff'));
    expect(options.u64(Tag.Ttl)).toBe(2n ** 64n - 1n);
    expect(options.clampedU64(Tag.Ttl)).toBe(Number.MAX_SAFE_INTEGER);
  });
});
