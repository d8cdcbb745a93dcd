import fc from 'fast-check';
import type { PayloadCodec } from '../../../src/codecs/payload/codec.js';
import { PayloadError } from '../../../src/codecs/payload/errors.js';
import { json } from '../../../src/codecs/payload/json.js';
import { lz4 } from '../../../src/codecs/payload/lz4.js';
import { msgpack } from '../../../src/codecs/payload/msgpack.js';
import { raw } from '../../../src/codecs/payload/raw.js';
import { text } from '../../../src/codecs/payload/text.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** A view in the middle of other bytes, as a record's value is. */
function embedded(value: Uint8Array): Uint8Array {
  const memory = new Uint8Array(value.length + 16).fill(0xdb);
  memory.set(value, 7);
  return memory.subarray(7, 7 + value.length);
}

function bothWays<T>(codec: PayloadCodec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(fc.property(values, (value) => expect(codec.decode(embedded(codec.encode(value)))).toEqual(value)));
}

const plainJson = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** msgpackr gives this key another name: what comes over a wire must not become anybody's prototype. */
const withoutPrototypes = plainJson.filter((value) => !JSON.stringify(value).includes('"__proto__"'));

describe('payload codecs, both ways', () => {
  it.each([
    ['raw', () => bothWays(raw(), fc.uint8Array())],
    ['text', () => bothWays(text(), fc.string({ unit: 'grapheme' }))],
    ['json', () => bothWays(json(), plainJson)],
    ['msgpack', () => bothWays(msgpack(), withoutPrototypes)],
    ['lz4(json)', () => bothWays(lz4(json()), plainJson)],
    ['lz4(text)', () => bothWays(lz4(text()), fc.string({ maxLength: 5000, size: 'max' }))],
  ])('%s', (_name, check) => {
    expect(check).not.toThrow();
  });

  it('msgpack makes no prototype of what came over a wire', () => {
    const decoded = msgpack().decode(msgpack().encode(JSON.parse('{"__proto__":{"polluted":true}}')));
    expect(decoded).not.toHaveProperty('polluted');
  });

  it('are named, and mark their records', () => {
    const all = [raw(), text(), json(), msgpack(), lz4(json()), lz4(lz4(text()))];
    expect(all.map(({ name, recordType }) => [name, recordType])).toEqual([
      ['raw', undefined],
      ['text', undefined],
      ['json', 0x02],
      ['msgpack', 0x03],
      ['lz4(json)', 0x84],
      ['lz4(lz4(text))', 0x84],
    ]);
  });
});

describe('raw', () => {
  it('copies nothing', () => {
    const value = bytes(1, 2);
    expect(raw().decode(value)).toBe(value);
    expect(raw().encode(value)).toBe(value);
  });
});

describe('text', () => {
  it('refuses bytes that are not UTF-8, keeps a byte order mark', () => {
    expect(() => text().decode(bytes(0x61, 0xff))).toThrow(PayloadError);
    expect(() => text().decode(bytes(0xc3))).toThrow('text: 1 bytes are not UTF-8');
    expect(text().decode(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each([undefined, null, 5, 5n, true, { a: 1 }, Symbol('a'), bytes(1)])('refuses %p, which is none', (value) => {
    const write = (): unknown => text().encode(value as never);
    expect(write).toThrow(PayloadError);
    expect(write).toThrow(`text: a value of type ${typeof value} is no text`);
  });
});

describe('json', () => {
  it.each([[bytes()], [bytes(0x7b)], [bytes(0x22, 0xff, 0x22)]])('refuses the bytes %s', (value) => {
    const read = (): unknown => json().decode(value);
    expect(read).toThrow(PayloadError);
    expect(read).toThrow(expect.objectContaining({ code: 'PAYLOAD', context: { codec: 'json' } }));
  });

  it('refuses values that have no JSON', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const value of [undefined, () => 1, Symbol('x'), 1n, cycle]) {
      expect(() => json().encode(value)).toThrow(PayloadError);
    }
  });

  it('says why a value can not be encoded, in one line', () => {
    const cycle: Record<string, unknown> = { password: 'open-sesame' };
    cycle['self'] = cycle;
    expect(() => json().encode({ price: 1n })).toThrow(
      expect.objectContaining({
        code: 'PAYLOAD',
        message: 'json: the value cannot be encoded: Do not know how to serialize a BigInt',
      }),
    );
    expect(() => json().encode(cycle)).toThrow(
      expect.objectContaining({
        code: 'PAYLOAD',
        message: 'json: the value cannot be encoded: Converting circular structure to JSON',
      }),
    );
    const failing = (error: unknown): object => ({
      toJSON: () => {
        throw error;
      },
    });
    expect(() => json().encode(failing(new Error('x'.repeat(1_000))))).toThrow(
      expect.objectContaining({ code: 'PAYLOAD', message: `json: the value cannot be encoded: ${'x'.repeat(120)}` }),
    );
    expect(() => json().encode(failing('no error'))).toThrow(
      expect.objectContaining({ code: 'PAYLOAD', message: 'json: the value cannot be encoded' }),
    );
  });
});

describe('msgpack', () => {
  it('keeps 64-bit integers: numbers where they are exact, else bigint', () => {
    for (const value of [0, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 63n)]) {
      expect(msgpack().decode(msgpack().encode(value))).toBe(value);
    }
    const u64 = bytes(0xcf, 0, 0, 0, 1, 0, 0, 0, 0);
    expect(msgpack().decode(u64)).toBe(2 ** 32);
  });

  it('says why a value can not be encoded, without the value', () => {
    const reason = 'the value cannot be encoded: … was too large to fit in MessagePack 64-bit integer format';
    expect(() => msgpack().encode({ price: 2n ** 64n })).toThrow(`msgpack: ${reason}`);
  });

  it('copies the bytes inside a value', () => {
    const encoded = msgpack().encode({ data: bytes(1, 2, 3) });
    const { data } = msgpack<{ data: Uint8Array }>().decode(encoded);
    encoded.fill(0);
    expect([...data]).toEqual([1, 2, 3]);
  });

  it('maps are objects, and no key reaches the prototype', () => {
    const hostile = bytes(0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa1, 0x78, 0x01);
    const value = msgpack<Record<string, unknown>>().decode(hostile);
    expect(Reflect.get({}, 'x')).toBeUndefined();
    expect(Reflect.get(value, 'x')).toBeUndefined();
  });

  it.each([[bytes()], [bytes(0x81)], [bytes(1, 2)], [bytes(0xdd, 0xff, 0xff, 0xff, 0xff)]])(
    'refuses the bytes %s',
    (value) => {
      expect(() => msgpack().decode(value)).toThrow(PayloadError);
    },
  );

  it('any bytes are decoded or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (value) => {
        try {
          msgpack().decode(value);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
