import fc from 'fast-check';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { ProtocolError } from '../../../src/codecs/flo/errors.js';
import { FloFrameReader } from '../../../src/codecs/flo/frame-reader.js';
import { collector, feed, readFrames, type ReadFrame } from './reading.js';
import { bytesOf, hex } from './golden/vectors.js';

const STATIC_BYTES = 64 * 1024;
const DIRECT_BYTES = 16 * 1024;
const FIRST_BYTES = 256 * 1024;

const codec = codecFor('v1-32');
const pattern = Uint8Array.from({ length: 1_200_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);

function frameOf(id: number, size: number): Uint8Array {
  return codec.answerFrame({ low: id, high: 0 }, 0, pattern.subarray(id & 255, (id & 255) + size));
}

/**
 * The frame as one piece again; big ones are compared by hash of their ends only where all bytes would be too many to
 * print.
 */
function whole({ head, payload }: ReadFrame): Uint8Array {
  return Buffer.concat([head, payload]);
}

/** Frames of sizes around those at which the reader behaves differently. */
const anyFrame = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: DIRECT_BYTES - 50, max: DIRECT_BYTES + 50 }),
      fc.integer({ min: STATIC_BYTES - 100, max: STATIC_BYTES + 100 }),
      fc.integer({ min: FIRST_BYTES - 50, max: FIRST_BYTES + DIRECT_BYTES + 50 }),
      fc.integer({ min: 0, max: 1_100_000 }),
    ),
  )
  .map(([id, size]) => frameOf(id, size));

/** Sizes of pieces: tiny ones, those near a head's length, those that fill what the reader offers. */
const pieces = fc
  .array(
    fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 20, max: 70 }), fc.integer({ min: 1, max: 300_000 })),
    { maxLength: 30 },
  )
  .map((sizes) => [...sizes, STATIC_BYTES]);

describe('any stream of frames, cut anywhere', () => {
  it('gives the same frames and never asks for more than fits', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 6 }), pieces, (sent, sizes) => {
        const bytes = Buffer.concat(sent);
        const { reader, frames: read } = collector();
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const target = reader.target();
          expect(target.length).toBeGreaterThan(0);
          const count = Math.min(sizes[i % sizes.length]!, target.length, bytes.length - at);
          target.set(bytes.subarray(at, at + count));
          target.fill(0xdb, count, Math.min(count + 64, target.length));
          at += count;
          reader.received(count);
        }
        expect(read.length).toBe(sent.length);
        read.forEach((one, i) => expect(Buffer.compare(whole(one), sent[i]!)).toBe(0));
      }),
      { numRuns: 150 },
    );
  });

  it('gives no frame before its last byte', () => {
    const sent = [frameOf(1, 0), frameOf(2, 70), frameOf(3, 5)];
    const bytes = Buffer.concat(sent);
    for (let cut = 0; cut <= bytes.length; cut++) {
      let end = 0;
      const wholes = sent.filter((frame) => (end += frame.length) <= cut).length;
      expect(readFrames(bytes.subarray(0, cut))).toHaveLength(wholes);
    }
  });
});

describe('what the owner is asked', () => {
  it('is the size, from 4 bytes on, then from 24, then from 32, and never again once it is known', () => {
    const asked: number[] = [];
    const { reader, frames: read } = collector({
      measure: (_, start, end) => {
        asked.push(end - start);
        return end - start < 32 ? undefined : { headerBytes: 32, payloadBytes: 3 };
      },
    });
    feed(reader, frameOf(1, 3), 1);
    expect(asked).toEqual([4, 24, 32]);
    expect(read).toHaveLength(1);
  });

  it('may be answered from 24 bytes, for heads of 24 and of 32', () => {
    for (const headerBytes of [24, 32]) {
      const asked: number[] = [];
      const { reader, frames: read } = collector({
        measure: (_, start, end) => {
          asked.push(end - start);
          return end - start < 24 ? undefined : { headerBytes, payloadBytes: 2 };
        },
      });
      feed(reader, pattern.subarray(0, headerBytes + 2), 1);
      expect(asked).toEqual([4, 24]);
      expect(read.map(({ head, payload }) => [head.length, hex(payload)])).toEqual([
        [headerBytes, hex(pattern.subarray(headerBytes, headerBytes + 2))],
      ]);
    }
  });

  it('must be answered from 32 bytes', () => {
    const owner = { measure: () => undefined, frame: () => {} };
    expect(() => feed(new FloFrameReader(owner), frameOf(1, 3))).toThrow(ProtocolError);
    expect(() => feed(new FloFrameReader(owner), frameOf(1, 3), 1)).toThrow(ProtocolError);
  });

  it('and a head that ends before what was gathered for it is a mistake', () => {
    const owner = {
      measure: (_: Uint8Array, start: number, end: number) =>
        end - start < 32 ? undefined : { headerBytes: 24, payloadBytes: 0 },
      frame: () => {},
    };
    expect(() => feed(new FloFrameReader(owner), frameOf(1, 3), 1)).toThrow('a head of 24 bytes');
  });
});

describe('once stopped', () => {
  it('by a frame of its own, no frame comes, though more are here', () => {
    let seen = 0;
    const { reader } = collector({
      frame: () => {
        seen++;
        reader.stop();
      },
    });
    feed(reader, Buffer.concat([frameOf(1, 3), frameOf(2, 3)]));
    feed(reader, frameOf(3, 3));
    expect(seen).toBe(1);
  });

  it('by an error of its owner, after the frames before it, no frame comes', () => {
    let left = 2;
    const refused = new ProtocolError('no more');
    const { reader, frames: read } = collector({
      measure: () => {
        if (left-- === 0) throw refused;
        return { headerBytes: 32, payloadBytes: 3 };
      },
    });
    const bytes = Buffer.concat([frameOf(1, 3), frameOf(2, 3), frameOf(3, 3)]);
    expect(() => feed(reader, bytes)).toThrow(refused);
    expect(read).toHaveLength(2);
    feed(reader, frameOf(4, 3));
    expect(read).toHaveLength(2);
  });

  it('from within the measuring, no frame comes', () => {
    for (const piece of [1, 100]) {
      const { reader, frames: read } = collector({
        measure: () => {
          reader.stop();
          return { headerBytes: 32, payloadBytes: 3 };
        },
      });
      feed(reader, frameOf(1, 3), piece);
      expect(read).toEqual([]);
    }
    const { reader, frames: read } = collector({
      measure: (_, start, end) => {
        if (end - start < 32) return undefined;
        reader.stop();
        return { headerBytes: 32, payloadBytes: 0 };
      },
    });
    feed(reader, frameOf(1, 0), 1);
    expect(read).toEqual([]);
  });
});

it('more bytes than were asked for are a mistake of the channel', () => {
  const { reader } = collector();
  expect(() => reader.received(reader.target().length + 1)).toThrow(RangeError);
  expect(() => reader.received(-1)).toThrow(RangeError);
  feed(reader, frameOf(1, 100_000).subarray(0, 32));
  expect(() => reader.received(reader.target().length + 1)).toThrow(RangeError);
});

it('a payload is its own: what comes later does not change it', () => {
  for (const size of [10, 20_000, 100_000]) {
    const { reader, frames: read } = collector();
    feed(reader, frameOf(1, size), 40_000);
    const before = hex(read[0]!.payload);
    feed(reader, frameOf(77, size), 40_000);
    expect(hex(read[0]!.payload)).toBe(before);
    expect(read[0]!.payload.buffer.byteLength).toBe(size);
  }
});

it('memory follows what has arrived, not what was announced', () => {
  const { reader } = collector();
  const head = Uint8Array.from(bytesOf('malformed/v1-32/req_oversize'));
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 50 }, () => collector().reader);
  for (const one of readers) feed(one, Buffer.concat([head, new Uint8Array(1_000)]));
  // 50 times 100 MiB were announced; a reader holds its static buffer and a first piece.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * (STATIC_BYTES + FIRST_BYTES + 4_096));
  expect(reader.target().length).toBe(STATIC_BYTES);
});

it('each byte of a large payload is copied a bounded number of times', () => {
  const size = 16 * 1024 * 1024;
  const { reader, frames: read } = collector();
  const head = codec.answerFrame({ low: 1, high: 0 }, 0, pattern.subarray(0, 0));
  new DataView(head.buffer).setUint32(4, size, true);
  feed(reader, head);
  const buffers = new Set<ArrayBufferLike>();
  for (let left = size; left > 0;) {
    const target = reader.target();
    buffers.add(target.buffer);
    const count = Math.min(left, target.length, 1_000);
    left -= count;
    reader.received(count);
  }
  expect(read.map(({ payload }) => payload.length)).toEqual([size]);
  // 256 KiB, 512 KiB, ... 16 MiB, and the static buffer for the ends.
  expect(buffers.size).toBeLessThanOrEqual(8);
});
