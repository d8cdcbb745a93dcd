import { ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { encodeHeader, Flag, HEADER_BYTES } from '../../src/codecs/lance/header.js';
import { crc32 } from '../../src/codecs/checksum/crc32.js';
import { LanceCore } from '../../src/embedded/lance/core.js';
import type { LanceBehaviour } from '../../src/embedded/lance/options.js';
import { clock } from '../../src/foundation/clock.js';
import { marbles, type Script } from '../../src/testing.js';
import type { ServerEnd, ServerEvents } from '../../src/transports/server-end.js';

const MIB = 1024 * 1024;
const KIB = 1024;

/** Notes how many acks come when, and when the server stops reading. */
class NotingEnd implements ServerEnd {
  readonly acks: [atMs: number, count: number][] = [];
  paused = 0;
  write(bytes: Uint8Array): boolean {
    this.acks.push([clock.now(), bytes.length / HEADER_BYTES]);
    return true;
  }
  pause(): void {
    this.paused++;
  }
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

function withClient(script: (events: ServerEvents, end: NotingEnd) => Script, behaviour: LanceBehaviour = {}): void {
  marbles(function* () {
    const core = new LanceCore({ ackDelayMs: 5, ...behaviour });
    core.topics.create('events');
    const end = new NotingEnd();
    yield* script(core.accept(end), end);
  });
}

/** So many ingests of 16 KiB, headers included, in one piece. */
const ingests = (count: number, size = 16 * KIB): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, id) =>
      ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 0, recordCount: 1 }, Buffer.alloc(size - HEADER_BYTES)),
    ),
  );

/** An Ack with a payload, which a server ignores. */
function wideFrame(size: number): Uint8Array {
  const frame = new Uint8Array(size);
  const payload = frame.subarray(HEADER_BYTES);
  encodeHeader(frame, 0, { flags: Flag.Ack, payloadLength: payload.length, payloadCrc: crc32(payload) });
  return frame;
}

it('takes 256 KiB in one round, and looks at the rest after its acks', () => {
  withClient(function* (events, end) {
    events.received(ingests(40));
    yield 100;
    expect(end.acks).toEqual([
      [5, 16],
      [10, 16],
      [15, 8],
    ]);
  });
});

it('takes what comes meanwhile into the next round, and stops reading when that is full', () => {
  withClient(function* (events, end) {
    const all = ingests(60);
    for (let at = 0; at < all.length; at += 64 * KIB) events.received(all.subarray(at, at + 64 * KIB));
    expect(end.paused).toBe(1);
    yield 100;
    expect(end.acks.map(([, count]) => count)).toEqual([4, 16, 16, 16, 8]);
  });
});

it('takes in more for good after a frame of up to 1 MiB; a larger one undoes that (section 16.5)', () => {
  withClient(function* (events, end) {
    const rounds = function* (wide: number): Generator<number, number[]> {
      if (wide > 0) events.received(wideFrame(wide));
      end.acks.length = 0;
      events.received(ingests(130));
      yield 100;
      return end.acks.map(([, count]) => count);
    };
    const narrow = [16, 16, 16, 16, 16, 16, 16, 16, 2];
    expect(yield* rounds(0)).toEqual(narrow);
    expect(yield* rounds(MIB)).toEqual([64, 64, 2]);
    expect(yield* rounds(0)).toEqual([64, 64, 2]);
    expect(yield* rounds(MIB + 1)).toEqual(narrow);
    expect(yield* rounds(512 * KIB)).toEqual([32, 32, 32, 32, 2]);
    expect(yield* rounds(300 * KIB)).toEqual([32, 32, 32, 32, 2]);
  });
});

it('does not stop at the end of a chunk if there is nothing to wait for', () => {
  withClient(
    function* (events, end) {
      events.received(Buffer.concat(Array.from({ length: 100 }, () => keepaliveFrame())));
      expect(end.acks).toHaveLength(100);
      yield 0;
    },
    { readChunkBytes: 64 },
  );
});

it('takes one frame at a time where that was asked for', () => {
  withClient(
    function* (events, end) {
      events.received(ingests(3, 100));
      yield 100;
      expect(end.acks).toEqual([
        [5, 1],
        [10, 1],
        [15, 1],
      ]);
    },
    { readChunkBytes: 64 },
  );
});
