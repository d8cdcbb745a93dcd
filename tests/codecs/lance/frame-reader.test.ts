import fc from 'fast-check';
import { InvalidFrameError } from '../../../src/codecs/lance/errors.js';
import { FrameReader } from '../../../src/codecs/lance/frame-reader.js';
import { ackFrame, controlFrame, ingestFrame, keepaliveFrame } from '../../../src/codecs/lance/frames.js';
import { batchIdOf, commandOf, encodeHeader, Flag, type Header } from '../../../src/codecs/lance/header.js';
import { fetchResponse } from '../../../src/codecs/lance/replies.js';
import { collector, feed, readFrames, type ReadFrame } from './reading.js';
import { bytesOf, hex } from './golden/vectors.js';

const STATIC_BYTES = 64 * 1024;
const DIRECT_BYTES = 16 * 1024;

const pattern = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);

/** Bytes that differ from place to place and by `seed` (below 256). */
function filled(bytes: number, seed = 1): Uint8Array {
  return pattern.subarray(seed, seed + bytes);
}

function shown({ header, payload }: ReadFrame): unknown {
  return [header.kind, header.batchIdLow, header.payloadLength, hex(payload)];
}

/** Frames of all kinds and of sizes around those at which the reader behaves differently. */
const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.nat().map((id) => ackFrame(id)),
  fc.constant(keepaliveFrame()),
  fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 60 })).map(([command, payload]) => controlFrame(command, payload)),
  fc
    .tuple(
      fc.nat(),
      fc.oneof(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: DIRECT_BYTES - 50, max: DIRECT_BYTES + 50 }),
        fc.integer({ min: STATIC_BYTES - 100, max: STATIC_BYTES + 100 }),
        fc.integer({ min: 0, max: 200_000 }),
      ),
    )
    .map(([id, size]) =>
      ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 1, recordCount: 1 }, filled(size, id & 255)),
    ),
);

/** Sizes of pieces: tiny ones, those near a header's length, those that fill what the reader offers. */
const pieces = fc
  .array(
    fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 40, max: 100 }), fc.integer({ min: 1, max: 100_000 })),
    { maxLength: 30 },
  )
  .map((sizes) => [...sizes, STATIC_BYTES]);

describe('any stream of frames, cut anywhere', () => {
  it('gives the same frames, never asks for more than fits, and announces each once', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), pieces, fc.nat(300), (frames, sizes, headroom) => {
        const bytes = Buffer.concat(frames);
        const begun: Header[] = [];
        const read: ReadFrame[] = [];
        const reader = new FrameReader({
          maxPayload: (header) => header.payloadLength,
          headroom: () => headroom,
          begun: (header, buffer, at) => {
            begun.push(header);
            const first = Math.min(16, header.payloadLength);
            expect(hex(buffer.subarray(at, at + first))).toBe(payloadStart(frames[begun.length - 1]!, first));
          },
          frame: (header, buffer, start, end) => {
            expect(begun.length).toBe(read.length + 1);
            expect(begun.at(-1)).toBe(header);
            expect(start).toBe(header.payloadLength === 0 ? 0 : headroom);
            expect(end).toBe(buffer.length);
            expect(end - start).toBe(header.payloadLength);
            read.push({ header, payload: buffer.subarray(start, end) });
          },
        });
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const target = reader.target();
          expect(target.length).toBeGreaterThan(0);
          const count = Math.min(sizes[i % sizes.length]!, target.length, bytes.length - at);
          target.set(bytes.subarray(at, at + count));
          // What lies behind must not matter: the last read may have left anything there.
          target.fill(0xdb, count, Math.min(count + 64, target.length));
          at += count;
          reader.received(count);
        }
        expect(read.map(shown)).toEqual(frames.map((frame) => shown(readFrames(frame)[0]!)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives no frame before its last byte, whatever was cut off', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 4 }), fc.nat(), (frames, random) => {
        const bytes = Buffer.concat(frames);
        const cut = random % bytes.length;
        let whole = 0;
        for (let end = 0; whole < frames.length; whole++) {
          end += frames[whole]!.length;
          if (end > cut) break;
        }
        expect(readFrames(bytes.subarray(0, cut))).toHaveLength(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('a single flipped bit is never taken for a payload', () => {
    const frame = ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 1, recordCount: 1 }, filled(300));
    fc.assert(
      fc.property(fc.integer({ min: 44 * 8, max: frame.length * 8 - 1 }), (bit) => {
        const bad = Uint8Array.from(frame);
        bad[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => readFrames(bad)).toThrow(InvalidFrameError);
      }),
    );
  });
});

function payloadStart(frame: Uint8Array, bytes: number): string {
  return hex(frame.subarray(44, 44 + bytes));
}

describe('recorded streams', () => {
  it('stream_ack_burst and stream_error_before_ack come in the order of the wire', () => {
    expect(readFrames(bytesOf('stream_ack_burst')).map(({ header }) => batchIdOf(header))).toEqual([1n, 2n, 3n]);
    const mixed = readFrames(bytesOf('stream_error_before_ack')).map(({ header }) => [header.kind, commandOf(header)]);
    expect(mixed).toEqual([
      ['control', 0xff],
      ['ack', 1],
      ['ack', 3],
    ]);
    expect(readFrames(bytesOf('stream_keepalive_overtakes_ack')).map(({ header }) => header.kind)).toEqual([
      'keepalive',
      'ack',
    ]);
    expect(readFrames(bytesOf('stream_control_overtakes_ack')).map(({ header }) => header.kind)).toEqual([
      'control',
      'ack',
    ]);
  });
});

describe('where bytes go', () => {
  it('the static buffer is offered first, the rest of a large frame goes into its own, then the static one again', () => {
    const kept: Uint8Array[] = [];
    const { reader } = collector({ headroom: () => 100, frame: (_header, buffer) => kept.push(buffer) });
    const first = reader.target();
    expect(first.length).toBe(STATIC_BYTES);
    const frame = fetchResponse(0, filled(150_000));
    first.set(frame.subarray(0, STATIC_BYTES));
    reader.received(STATIC_BYTES);

    const rest = reader.target();
    expect(rest.length).toBe(frame.length - STATIC_BYTES);
    rest.set(frame.subarray(STATIC_BYTES));
    reader.received(rest.length);
    expect(kept).toHaveLength(1);
    expect(rest.buffer).toBe(kept[0]!.buffer);
    expect(kept[0]!.byteOffset).toBe(0);
    expect(kept[0]!.buffer.byteLength).toBe(100 + frame.length - 44);
    expect(reader.target()).toBe(first);
  });

  it('one read of a large frame brings 128 KiB at most, so that the event loop gets to turn', () => {
    const { reader, frames } = collector();
    const frame = fetchResponse(0, filled(400_000));
    feed(reader, frame.subarray(0, 1000));
    expect(reader.target().length).toBe(128 * 1024);
    feed(reader, frame.subarray(1000));
    expect(frames).toHaveLength(1);

    const other = collector().reader;
    feed(other, frame.subarray(0, 1000));
    expect(() => other.received(other.target().length + 1)).toThrow(RangeError);
  });

  it('the last bytes of a large frame come through the static buffer, with what follows them', () => {
    const { reader, frames } = collector();
    const bytes = Buffer.concat([fetchResponse(0, filled(DIRECT_BYTES * 3)), keepaliveFrame()]);
    const missing = DIRECT_BYTES - 1;
    const split = bytes.length - 44 - missing;
    feed(reader, bytes.subarray(0, split));
    expect(reader.target().length).toBe(STATIC_BYTES);
    feed(reader, bytes.subarray(split));
    expect(frames.map(({ header }) => header.kind)).toEqual(['control', 'keepalive']);
  });

  it('a target that was asked for twice is still the right one', () => {
    const { reader, frames } = collector();
    const frame = fetchResponse(0, filled(100_000));
    feed(reader, frame.subarray(0, 1000));
    expect(reader.target().buffer).toBe(reader.target().buffer);
    feed(reader, frame.subarray(1000));
    expect(frames).toHaveLength(1);
  });

  it('a count that no target had is a bug of the channel, not a frame', () => {
    const { reader } = collector();
    expect(() => reader.received(reader.target().length + 1)).toThrow(RangeError);
    const again = collector().reader;
    feed(again, fetchResponse(0, filled(100_000)).subarray(0, 1000));
    const rest = again.target();
    expect(() => again.received(rest.length + 1)).toThrow(RangeError);
  });

  it('every frame has memory of its own: what is kept never changes', () => {
    const { reader, frames } = collector();
    for (let i = 0; i < 5; i++) feed(reader, controlFrame(0xff, filled(100, i)));
    expect(frames.map(({ payload }) => hex(payload))).toEqual([0, 1, 2, 3, 4].map((i) => hex(filled(100, i))));
    expect(new Set(frames.map(({ payload }) => payload.buffer)).size).toBe(5);
    expect(frames.every(({ payload }) => payload.buffer.byteLength === 100)).toBe(true);
  });
});

describe('limits', () => {
  function hostile(payloadLength: number): Uint8Array {
    const bytes = new Uint8Array(44);
    encodeHeader(bytes, 0, { flags: Flag.Control, batchIdLow: 0x11, payloadLength });
    return bytes;
  }

  it('a length above the limit is refused before anything is allocated', () => {
    const headroom = jest.fn(() => 0);
    const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
    try {
      const { reader } = collector({ maxPayload: () => 1000, headroom });
      allocate.mockClear();
      expect(() => feed(reader, hostile(0xffff_ffff))).toThrow('a payload of 4294967295 bytes: at most 1000 allowed');
      expect(headroom).not.toHaveBeenCalled();
      expect(allocate).not.toHaveBeenCalled();
    } finally {
      allocate.mockRestore();
    }
  });

  it('the limit is the owner’s word for this frame', () => {
    const asked: Header[] = [];
    const { reader } = collector({
      maxPayload(header) {
        asked.push(header);
        return commandOf(header) === 0x11 ? 2000 : 10;
      },
    });
    feed(reader, hostile(2000));
    expect(asked.map((header) => header.payloadLength)).toEqual([2000]);
    expect(() => feed(collector({ maxPayload: () => 1999 }).reader, hostile(2000))).toThrow(InvalidFrameError);
  });
});

describe('stop', () => {
  it('from inside frame(): nothing further, though it is here', () => {
    const seen: number[] = [];
    const begun = jest.fn();
    const { reader } = collector({
      begun,
      frame(header) {
        seen.push(header.batchIdLow);
        if (seen.length === 2) reader.stop();
      },
    });
    feed(reader, Buffer.concat([ackFrame(1), ackFrame(2), ackFrame(3)]));
    feed(reader, ackFrame(4));
    expect(seen).toEqual([1, 2]);
    expect(begun).toHaveBeenCalledTimes(2);
  });

  it('from inside begun(): its own frame is not handed over', () => {
    const frame = jest.fn();
    const { reader } = collector({ begun: () => reader.stop(), frame });
    feed(reader, controlFrame(0xff, filled(20)));
    expect(frame).not.toHaveBeenCalled();
  });

  it('in the middle of a large frame: later bytes go nowhere', () => {
    const { reader, frames } = collector();
    const large = fetchResponse(0, filled(100_000));
    feed(reader, large.subarray(0, 1000));
    reader.target();
    reader.stop();
    reader.received(5);
    feed(reader, keepaliveFrame());
    expect(frames).toEqual([]);
  });

  it('an owner that throws ends it, with its own error', () => {
    const { reader } = collector({
      frame() {
        throw new Error('mine');
      },
    });
    expect(() => feed(reader, ackFrame(1))).toThrow('mine');
    expect(() => feed(reader, ackFrame(2))).not.toThrow();
  });
});
