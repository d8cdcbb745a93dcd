import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { compressBlock, decompressBlock, MAX_DECOMPRESSED_BYTES } from '../../../src/codecs/payload/lz4-block.js';
import { lz4 } from '../../../src/codecs/payload/lz4.js';
import { NotSupportedError, PayloadError } from '../../../src/codecs/payload/errors.js';
import { raw } from '../../../src/codecs/payload/raw.js';
import { text } from '../../../src/codecs/payload/text.js';
import { bytesOf, hex, vector } from '../lance/golden/vectors.js';

const MIB = 1024 * 1024;

/** `block` with another size in front. */
function announcing(size: number, block: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(block);
  new DataView(bytes.buffer).setUint32(0, size, true);
  return bytes;
}

/** Decompresses with a native module that must not be called. */
function untouched(bytes: Uint8Array, maxBytes = MAX_DECOMPRESSED_BYTES): { thrown: unknown; calls: number } {
  const native = { compressSync: jest.fn(), uncompressSync: jest.fn() };
  try {
    decompressBlock(bytes, maxBytes, () => native);
    return { thrown: undefined, calls: native.uncompressSync.mock.calls.length };
  } catch (thrown) {
    return { thrown, calls: native.uncompressSync.mock.calls.length };
  }
}

const honest = compressBlock(new Uint8Array(10_000).fill(65));

describe('the guard in front of the native code', () => {
  it.each([0xffff_ffff, 0x8000_0000, 0x4000_0000, MAX_DECOMPRESSED_BYTES + 1])(
    'an announced size of %d is refused without a call',
    (size) => {
      const { thrown, calls } = untouched(announcing(size, honest));
      expect(thrown).toBeInstanceOf(PayloadError);
      expect((thrown as Error).message).toBe(`lz4: announces ${size} bytes: at most 16777216 allowed`);
      expect(calls).toBe(0);
    },
  );

  it('more than 255 bytes for one is refused without a call', () => {
    const possible = 255 * (honest.length - 4);
    expect(untouched(announcing(possible + 1, honest)).calls).toBe(0);
    expect(untouched(announcing(possible + 1, honest)).thrown).toBeInstanceOf(PayloadError);
    expect(untouched(announcing(possible, honest)).calls).toBe(1);
  });

  it('a lower limit is the caller’s', () => {
    expect(untouched(honest, 9_999).calls).toBe(0);
    expect(untouched(honest, 10_000).calls).toBe(1);
  });

  it.each([0, 1, 3, 4])('%i bytes are no block', (length) => {
    const { thrown, calls } = untouched(honest.subarray(0, length));
    expect(thrown).toBeInstanceOf(PayloadError);
    expect(calls).toBe(0);
  });

  it('rejects the hostile prefix at once, in no memory', () => {
    const hostile = announcing(0xffff_ffff, honest);
    const refuse = (): unknown => decompressBlock(hostile, MAX_DECOMPRESSED_BYTES);
    expect(refuse).toThrow(PayloadError);
    const { external } = process.memoryUsage();
    const before = performance.now();
    for (let i = 0; i < 100; i++) expect(refuse).toThrow(PayloadError);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(process.memoryUsage().external - external).toBeLessThan(MIB);
  });
});

describe('blocks that lie', () => {
  const block = compressBlock(Buffer.from('hello '.repeat(500)));
  const size = new DataView(block.buffer, block.byteOffset).getUint32(0, true);

  it('a size that is too large by 100 is noticed', () => {
    expect(() => decompressBlock(announcing(size + 100, block), MIB)).toThrow('lz4: announces 3100 bytes and has 3000');
  });

  it('a size that is too small, a block that is cut, and bytes that are none', () => {
    expect(() => decompressBlock(announcing(size - 1, block), MIB)).toThrow(PayloadError);
    expect(() => decompressBlock(block.subarray(0, block.length - 1), MIB)).toThrow(PayloadError);
    expect(() => decompressBlock(Uint8Array.of(9, 0, 0, 0, 0x0f, 9, 9), MIB)).toThrow(PayloadError);
  });

  it('any mutation gives what was announced, or a PayloadError', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const bad = Uint8Array.from(block);
        for (const [at, byte] of changes) bad[at % bad.length] = byte;
        try {
          const { length } = decompressBlock(bad, MIB);
          expect(length).toBe(new DataView(bad.buffer).getUint32(0, true));
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('honest blocks', () => {
  it.each([0, 1, 11, 12, 13, 255, 65_536, MIB, 16 * MIB])('%d bytes of zeros', (length) => {
    const zeros = new Uint8Array(length);
    const back = decompressBlock(compressBlock(zeros), MAX_DECOMPRESSED_BYTES);
    expect(Buffer.compare(back, zeros)).toBe(0);
  });

  it.each([1, 1000, 16 * MIB])('%d bytes that do not shrink', (length) => {
    const noise = randomBytes(length);
    const back = decompressBlock(compressBlock(noise), MAX_DECOMPRESSED_BYTES);
    expect(Buffer.compare(back, noise)).toBe(0);
  });

  it('lz4_flex_prepend_size', () => {
    expect(hex(decompressBlock(bytesOf('lz4_flex_prepend_size'), 1024))).toBe(
      vector('lz4_flex_prepend_size').input['uncompressedHex'],
    );
  });
});

describe('the codec', () => {
  it('a bomb of more than maxBytes is refused, and so is making one', () => {
    const bomb = compressBlock(new Uint8Array(2 * MIB));
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => lz4(raw(), { maxBytes: MIB }).decode(bomb)).toThrow(PayloadError);
    expect(lz4(raw(), { maxBytes: 2 * MIB }).decode(bomb)).toHaveLength(2 * MIB);
    expect(() => lz4(raw(), { maxBytes: MIB }).encode(new Uint8Array(MIB + 1))).toThrow(
      'lz4(raw): a value of 1048577 bytes: at most 1048576 allowed',
    );
  });

  it('tells what a value declares to become, without decoding it; 0 for what it will refuse', () => {
    const codec = lz4(raw(), { maxBytes: MIB });
    const declared = (bytes: Uint8Array): number | undefined => codec.expandedBytes?.(bytes);
    expect(declared(codec.encode(new Uint8Array(1000)))).toBe(1000);
    expect(declared(compressBlock(new Uint8Array(MIB + 1)))).toBe(0);
    for (const bytes of [[], [1], [1, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 1], [0, 1, 0, 0, 1]]) {
      expect(declared(Uint8Array.from(bytes))).toBe(0);
      expect(() => codec.decode(Uint8Array.from(bytes))).toThrow(PayloadError);
    }
    // Announces what one byte could become, and is no block: it may take so much before that is known.
    expect(declared(Uint8Array.of(255, 0, 0, 0, 1))).toBe(255);
  });

  it('the inner codec says what it cannot decode', () => {
    expect(() => lz4(text()).decode(compressBlock(Uint8Array.of(0xff)))).toThrow('text: 1 bytes are not UTF-8');
  });

  it.each([-1, 1.5, 2 ** 31])('has no maxBytes of %s', (maxBytes) => {
    expect(() => lz4(raw(), { maxBytes })).toThrow(/^maxBytes: /);
  });
});

describe('where there is no native module', () => {
  afterEach(() => jest.resetModules());

  it('lz4 refuses and names the platform; other codecs work', () => {
    jest.resetModules();
    jest.doMock('../../../src/codecs/optional-module', () => ({
      platformName: () => 'solaris-sparc',
      requireModule(name: string): never {
        throw new Error(`Cannot find module '${name}'`);
      },
    }));
    const isolated = require('../../../src/codecs/payload/lz4') as { lz4: typeof lz4 };
    const plain = require('../../../src/codecs/payload/text') as { text: typeof text };
    const codec = isolated.lz4(plain.text());
    const make = (): unknown => codec.encode('a');
    expect(make).toThrow(NotSupportedError);
    expect(make).toThrow("lz4: the native module 'lz4-napi' does not load on solaris-sparc");
    expect(() => codec.decode(honest)).toThrow(NotSupportedError);
    expect(plain.text().decode(plain.text().encode('a'))).toBe('a');
    jest.dontMock('../../../src/codecs/optional-module');
  });
});
