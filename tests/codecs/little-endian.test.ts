import fc from 'fast-check';
import * as le from '../../src/codecs/little-endian.js';
import { nanosecondWords } from '../../src/codecs/lance/timestamp.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';

const safe = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1),
);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('u64 without loss', () => {
  it('a safe number goes both ways and is what a bigint of that value is', () => {
    fc.assert(
      fc.property(safe, fc.nat(5), (value, at) => {
        const bytes = new Uint8Array(at + 8);
        le.writeU64(bytes, at, value);
        expect(new DataView(bytes.buffer).getBigUint64(at, true)).toBe(BigInt(value));
        expect(le.readU64(bytes, at)).toBe(value);
        expect(le.readBigU64(bytes, at)).toBe(BigInt(value));
        expect(le.isSafeU64(bytes, at)).toBe(true);
        expect(le.wordsToBigInt(le.lowWord(value), le.highWord(value))).toBe(BigInt(value));
      }),
    );
  });

  it('a bigint goes both ways; whether it is a safe number is told', () => {
    fc.assert(
      fc.property(fc.oneof(u64, fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n)), (value) => {
        const bytes = new Uint8Array(8);
        le.writeBigU64(bytes, 0, value);
        expect(le.readBigU64(bytes, 0)).toBe(value);
        expect(le.isSafeU64(bytes, 0)).toBe(value <= 2n ** 53n - 1n);
        expect(le.readU64(bytes, 0)).toBe(Number(value));
      }),
    );
  });

  it('u16 and u32 go both ways', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.integer({ min: 0, max: 0xffff_ffff }), (small, large) => {
        const bytes = new Uint8Array(6);
        le.writeU16(bytes, 0, small);
        le.writeU32(bytes, 2, large);
        expect([le.readU16(bytes, 0), le.readU32(bytes, 2)]).toEqual([small, large]);
        expect(new DataView(bytes.buffer).getUint32(2, true)).toBe(large);
      }),
    );
  });
});

describe('nanoseconds', () => {
  it('of any millisecond are exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 18_446_744_073_709 }), (ms) => {
        const { low, high } = nanosecondWords(ms);
        expect(le.wordsToBigInt(low, high)).toBe(BigInt(ms) * 1_000_000n);
      }),
      { numRuns: 1000 },
    );
  });

  it('drop fractions of a millisecond', () => {
    expect(nanosecondWords(1.9)).toEqual({ low: 1_000_000, high: 0 });
  });

  it.each([-1, Number.NaN, 18_446_744_073_710, Number.POSITIVE_INFINITY])('of %s there are none', (ms) => {
    expect(() => nanosecondWords(ms)).toThrow(InvalidOptionError);
  });
});
