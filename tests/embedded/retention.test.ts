import { createTopicWithRetentionRequest, fetchRequest, setRetentionRequest } from '../../src/codecs/lance/requests.js';
import { ingestFrame } from '../../src/codecs/lance/frames.js';
import { catchingUpResponse, fetchResponse } from '../../src/codecs/lance/replies.js';
import { StorageError } from '../../src/embedded/errors.js';
import type { InMemoryLanceServer, InMemoryLanceOptions } from '../../src/embedded/lance/in-memory-lance-server.js';
import { clock } from '../../src/foundation/clock.js';
import { marbles, until, type Script } from '../../src/testing.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const MAX = 2n ** 64n - 1n;
const HOUR_MS = 3_600_000;

/** Topic `events` is made with this retention, in segments that hold two payloads of 500 bytes. */
function withRetention(
  [maxAgeSecs, maxBytes]: readonly [bigint, bigint],
  script: (server: InMemoryLanceServer, wire: Wire, say: (text: string) => Script) => Script,
  options: InMemoryLanceOptions = {},
): void {
  marbles(function* ({ lance }) {
    const { server, connector } = lance({ latencyMs: 0, segmentBytes: 1024, ...options });
    const wire = new Wire(connector());
    yield* until(() => wire.opened);
    wire.send(createTopicWithRetentionRequest('events', maxAgeSecs, maxBytes));
    yield 10;
    function* say(text: string): Script {
      for (const letter of text) {
        const payload = Buffer.alloc(500, letter);
        wire.send(ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, payload));
        yield 10;
      }
      wire.takeAll();
    }
    wire.takeAll();
    yield* script(server, wire, say);
  });
}

/** The letters of the payloads that are left. */
const left = (server: InMemoryLanceServer): string => {
  const text = Buffer.from(server.read('events')).toString();
  return Array.from({ length: text.length / 500 }, (_, i) => text[i * 500]).join('');
};

it('deletes the oldest segments beyond max bytes at the next sweep, and offsets shift (trap T 20)', () => {
  withRetention([MAX, 1500n], function* (server, wire, say) {
    yield* say('aabbccd');
    expect(left(server)).toBe('aabbccd');
    yield* until(() => clock.now() >= 60_100, 61_000);
    expect(left(server)).toBe('ccd');
    wire.send(fetchRequest(1, 0, 1), fetchRequest(1, 3000, 1));
    yield 10;
    expect(wire.takeAll()).toEqual([hex(fetchResponse(1, Buffer.from('c'))), hex(catchingUpResponse(1500))]);
  });
});

it('looks every minute, however long the next deletion takes to come', () => {
  withRetention([90n, MAX], function* (server, _, say) {
    yield* say('aabb');
    const deletedAt: number[] = [];
    for (let length = 2000; length > 1000; yield 1000) {
      const now = server.topic('events')!.byteLength;
      if (now !== length) deletedAt.push(Math.floor(clock.now() / 1000));
      length = now;
    }
    // The first segment was closed at once: it is 90 seconds old before the look at 120 seconds.
    expect(deletedAt).toEqual([120]);
    expect(left(server)).toBe('bb');
  });
});

it('never deletes the segment that is written to, and waits for nothing then', () => {
  withRetention([0n, 0n], function* (server, _, say) {
    yield* say('aab');
    yield 65_000;
    expect(left(server)).toBe('b');
    // The run ends by itself: no timer is left.
  });
});

it.each([
  ['no limit', MAX, MAX, 'aabbc'],
  ['an age that is as good as none', 10_000_000_000n, 2n ** 63n - 1n, 'aabbc'],
  ['an age that wraps around', 18_446_744_074n, MAX, 'c'],
  ['zero age', 0n, MAX, 'c'],
  ['zero bytes', MAX, 0n, 'c'],
])('%s (trap T 19)', (_, maxAgeSecs, maxBytes, expected) => {
  withRetention([maxAgeSecs, maxBytes], function* (server, __, say) {
    yield* say('aabbc');
    yield HOUR_MS;
    expect(left(server)).toBe(expected);
  });
});

it('goes by what SetRetention says last; a topic without any is never touched', () => {
  withRetention([MAX, MAX], function* (server, wire, say) {
    server.append('others', Buffer.alloc(500));
    for (let i = 0; i < 5; i++) server.append('others', Buffer.alloc(1000));
    yield* say('aabbccd');
    wire.send(setRetentionRequest(1, MAX, 1100n));
    yield 60_000;
    expect(left(server)).toBe('d');
    expect(server.topic('others')?.byteLength).toBe(5500);
    wire.send(setRetentionRequest(1, MAX, 10_000n));
    yield* say('deeffgg');
    yield 60_000;
    expect(left(server)).toBe('ddeeffgg');
  });
});

it('sweeps as often as it is told to, and not while it is stopped', () => {
  withRetention(
    [MAX, 0n],
    function* (server, _, say) {
      yield* say('aab');
      yield 100;
      expect(left(server)).toBe('b');
      yield* say('bcc');
      server.stop().subscribe();
      yield 1000;
      expect(left(server)).toBe('bbcc');
      server.start().subscribe();
      yield 100;
      // A restart closes what was written to.
      expect(left(server)).toBe('');
    },
    { retentionSweepMs: 100 },
  );
});

it('waits for nothing while it is stopped, though its object is used', () => {
  withRetention([MAX, 0n], function* (server, _, say) {
    yield* say('aab');
    server.stop().subscribe();
    for (let i = 0; i < 3; i++) server.append('events', Buffer.alloc(500, 'c'));
    yield 61_000;
    expect(left(server)).toBe('aabccc');
  });
});

it('goes on when the disk fails, and tries again at the next sweep', () => {
  withRetention([MAX, 0n], function* (server, _, say) {
    yield* say('aab');
    const { log } = server['core'].topicNamed('events');
    const trim = jest.spyOn(log, 'trimHead').mockImplementationOnce(() => {
      throw new StorageError('read-only file system');
    });
    yield 61_000;
    expect([trim.mock.calls.length, left(server)]).toEqual([1, 'aab']);
    yield 61_000;
    expect([trim.mock.calls.length, left(server)]).toEqual([2, 'b']);
  });
});

describe('what a restart cuts', () => {
  const record = (type: number, text: string): string =>
    Buffer.concat([Buffer.from([type, text.length, 0, 0, 0]), Buffer.from(text)]).toString('latin1');
  const good = record(1, 'hello');
  const null5 = record(255, '');

  it.each([
    ['records', good + record(0x80, ''), good + record(0x80, '')],
    ['plain text', 'plain text that is no record', ''],
    ['what follows a Null record', good + null5 + good + good, good],
    ['a lone Null record', good + null5, good],
    [
      'a record with the longer header',
      good + record(255, '').slice(0, 3) + '\x02\0\0\0xy' + good,
      good + '\xff\0\0\x02\0\0\0xy' + good,
    ],
    ['half a record', good + good.slice(0, 7), good],
    ['half a header', good + good.slice(0, 3), good],
  ])('%s', (_, data, expected) => {
    for (const [recoveryCuts, after] of [
      [true, expected],
      [false, data],
    ] as const) {
      marbles(function* ({ lance }) {
        const { server, stop, start } = lance({ recoveryCuts });
        server.append('events', Buffer.from(data, 'latin1'));
        stop();
        start();
        expect(Buffer.from(server.read('events')).toString('latin1')).toBe(after);
        yield 0;
      });
    }
  });

  it('is what was written since the restart before', () => {
    marbles(function* ({ lance }) {
      const { server, stop, start } = lance({ recoveryCuts: true });
      for (const payload of [good, 'no record']) {
        server.append('events', Buffer.from(payload, 'latin1'));
        stop();
        start();
        server.append('events', Buffer.from(good, 'latin1'));
      }
      expect(Buffer.from(server.read('events')).toString('latin1')).toBe(good + good + good);
      yield 0;
    });
  });
});
