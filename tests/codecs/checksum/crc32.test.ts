import fc from 'fast-check';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32 as nativeCrc32 } from '@node-rs/crc32';
import { crc32, crc32Range } from '../../../src/codecs/checksum/crc32.js';
import { findNativeCrc32 } from '../../../src/codecs/checksum/native-crc32.js';
import { sliceBy8 } from '../../../src/codecs/checksum/slice-by-8.js';

/** Bit by bit, from the definition: shares nothing with what is tested. */
function byDefinition(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 700, size: 'max' });

describe('crc32', () => {
  it('of "123456789" is 0xCBF43926', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it('is the same by all ways, for any bytes and seed', () => {
    fc.assert(
      fc.property(bytes, u32, (given, seed) => {
        const expected = byDefinition(given, seed);
        expect(sliceBy8(given, 0, given.length, seed)).toBe(expected);
        expect(crc32(given, seed)).toBe(expected);
        expect(nativeCrc32(given, seed)).toBe(expected);
        // Node 20 forgets the seed where there are no bytes; no empty range ever gets there.
        if (given.length > 0) expect(zlibCrc32(given, seed)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same around the length from which native code is used, and for large ones', () => {
    for (const length of [0, 1, 7, 8, 9, 198, 199, 200, 201, 65_536, 1 << 20]) {
      const given = new Uint8Array(length).fill(0xa5);
      expect(crc32(given)).toBe(zlibCrc32(given));
      expect(sliceBy8(given, 0, length, 0)).toBe(zlibCrc32(given));
    }
  });

  it('goes on where it stopped, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (given, random) => {
        const cut = given.length === 0 ? 0 : random % given.length;
        expect(crc32(given.subarray(cut), crc32(given.subarray(0, cut)))).toBe(crc32(given));
      }),
    );
  });

  it('of a range is that of the bytes in it', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), u32, (given, a, b, seed) => {
        const start = a % (given.length + 1);
        const end = start + (b % (given.length - start + 1));
        expect(crc32Range(given, start, end, seed)).toBe(byDefinition(given.subarray(start, end), seed));
      }),
    );
  });
});

describe('the native function', () => {
  const missing = (): never => {
    throw new Error('Cannot find module');
  };

  it('is that of @node-rs/crc32, else that of zlib, else none', () => {
    const both: Record<string, unknown> = {
      '@node-rs/crc32': { crc32: nativeCrc32 },
      'node:zlib': { crc32: zlibCrc32 },
    };
    expect(findNativeCrc32((name) => both[name])).toBe(nativeCrc32);
    expect(findNativeCrc32((name) => (name === 'node:zlib' ? both[name] : missing()))).toBe(zlibCrc32);
    expect(findNativeCrc32(missing)).toBeUndefined();
    expect(findNativeCrc32(() => ({ crc32: 7 }))).toBeUndefined();
  });

  it('is there on this platform', () => {
    expect(findNativeCrc32()?.(Buffer.from('123456789'), 0)).toBe(0xcbf43926);
  });
});
