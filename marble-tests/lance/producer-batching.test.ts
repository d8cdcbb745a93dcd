import { concat, from, merge, mergeMap, range } from 'rxjs';
import { BackpressureError } from '../../src/codecs/lance/errors.js';
import { backpressureFrame } from '../../src/codecs/lance/frames.js';
import type { Producer } from '../../src/observables/lance/producing/producer.js';
import { lanceAnswer, lancePeer, marbles, until } from '../../src/testing.js';
import { connected, dataIn, framesIn } from './producing.js';

/** An ingest frame with one record per letter. */
const ingest = (texts: string) => ({ name: 'Ingest', texts: texts.split('') });

describe('self-clocked batching', () => {
  it('the first record leaves at once; the next batch grows until that is acknowledged', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      expectWire(rig.wire.only('I', 'a')).toBe('85ms 1 24ms (a2) 21ms a 61ms 3 24ms (a4) 21ms a', {
        ...{ 1: ingest('a'), 2: ingest('bcdefghi'), 3: ingest('j'), 4: ingest('k') },
      });
      for (const text of 'abcdef') watch(producer.send('log', text));
      yield 12;
      for (const text of 'ghi') watch(producer.send('log', text));
      yield 100;
      for (const text of 'jk') watch(producer.send('log', text));
      yield 100;
      expect(rig.wire.ingests.map(({ header }) => [header.batchIdLow, header.recordCount])).toEqual([
        [2, 1],
        [3, 8],
        [4, 1],
        [5, 1],
      ]);
    });
  });

  it('batches that are full leave at once, as long as there are not too many', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 3 });
      const batch = (records: number) => ({ name: 'Ingest', records });
      // Of 13 records the first is alone; four at a time fill a batch.
      expectWire(rig.wire.only('I', 'a')).toBe('85ms (144) 20ms (a4)-(aa) 16ms a', { 1: batch(1), 4: batch(4) });
      for (let i = 0; i < 13; i++) watch(producer.send('log', String(i).padStart(11, '.')));
      yield 500;
    });
  });

  it('what is sent because of an acknowledgement leaves together', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      const all = from('abcdefgh').pipe(
        mergeMap((text) => concat(producer.send('log', text), producer.send('log', text))),
      );
      expectWire(rig.wire.only('I', 'a')).toBe('85ms 1 24ms (a2) 21ms (a3) 21ms a', {
        ...{ 1: ingest('a'), 2: ingest('bcdefgha'), 3: ingest('bcdefgh') },
      });
      watch(all);
      yield 500;
    });
  });

  it('lingerMs bounds how long a batch waits for the one before it; it grows until it leaves', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ lingerMs: 8, maxPendingAcks: 2 });
      expectWire(rig.wire.only('I', 'a')).toBe('85ms 1-------2 16ms (a3)----a 16ms a', {
        ...{ 1: ingest('a'), 2: ingest('bc'), 3: ingest('def') },
      });
      for (const text of 'ab') watch(producer.send('log', text));
      yield 5;
      watch(producer.send('log', 'c'));
      yield 5;
      watch(producer.send('log', 'd'));
      // Two are in flight: what has waited long enough waits for one of them, and grows.
      yield 9;
      for (const text of 'ef') watch(producer.send('log', text));
      yield 500;
    });
  });

  it('with a lingerMs of 0 no batch waits for another, only for maxPendingAcks', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ lingerMs: 0, maxPendingAcks: 2 });
      expectWire(rig.wire.only('I', 'a')).toBe('85ms (12) 21ms (a3)-a 19ms a', {
        ...{ 1: ingest('a'), 2: ingest('b'), 3: ingest('cdef') },
      });
      for (const text of 'abcdef') watch(producer.send('log', text));
      yield 500;
    });
  });

  it('a topic with little to send is not held up by one that keeps the line busy', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64 });
      rig.server.createTopic('other');
      const busy = watch(range(0, 3000).pipe(mergeMap((i) => producer.send('log', String(i).padStart(59)), 200)));
      yield 100;
      const little = watch(producer.send('other', 'x'));
      yield* until(() => little.ended === 'complete');
      expect(busy.ended).toBeUndefined();
      yield* until(() => busy.ended === 'complete');
    });
  });

  it.each([
    [300_000, 2],
    [131_072, 4],
    [16_384, 32],
    [100, 64],
  ])('of batches of %i bytes that stay together %i are in flight: two, or 512 KiB, or 64', (bytes, most) => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(() => {});
      const producer = peer.producer();
      for (let i = 0; i < 70; i++) watch(producer.sendBatch(1, [new Uint8Array(bytes - 5)]));
      yield 5_000;
      expect(producer.metrics().inFlight).toBe(most);
      expect(peer.heard).toHaveLength(most);
      watch(producer.close({ deadlineMs: 0 }));
    });
  });
});

it.each([
  ['sendBatch', (producer: Producer) => producer.sendBatch(1, ['x'])],
  ['send and flush', (producer: Producer) => merge(producer.sendAsync(1, 'x'), producer.flush())],
])('%s: what waits takes little more memory than it has bytes', (_, send) => {
  marbles(function* ({ watch }) {
    const peer = lancePeer(() => {});
    const producer = peer.producer();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2_000; i++) watch(send(producer));
    expect(producer.bufferedBytes).toBe(12_000);
    yield 100;
    // 4 KiB each; it was 64 KiB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 2 ** 20);
    watch(producer.close({ deadlineMs: 0 }));
  });
});

describe('batching: linger', () => {
  it('waits for lingerMs', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ batching: 'linger', lingerMs: 50 });
      expectWire(rig.wire).toBe('135ms I 24ms a 859ms X', { I: ingest('ab') });
      watch(producer.send('log', 'a'));
      yield 30;
      watch(producer.send('log', 'b'));
      yield 100;
    });
  });

  it('or until a batch is full: then it leaves at once', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ batching: 'linger', lingerMs: 50, batchSize: 64 });
      const [a, b, c, d] = ['a'.repeat(20), 'b'.repeat(20), 'c'.repeat(20), 'd'.repeat(34)] as const;
      // Two records of 25 bytes fit; the third begins the next batch, which the fourth fills.
      expectWire(rig.wire.only('I')).toBe('85ms 1 9ms 2', {
        1: { name: 'Ingest', texts: [a, b] },
        2: { name: 'Ingest', texts: [c, d] },
      });
      for (const text of [a, b, c]) watch(producer.send('log', text));
      yield 10;
      watch(producer.send('log', d));
      yield 60;
    });
  });

  it('a batch that stays together does not overtake what lingers', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ batching: 'linger', lingerMs: 50 });
      watch(producer.sendAsync('log', 'a'));
      watch(producer.sendBatch('log', ['b', 'c']));
      watch(producer.sendAsync('log', 'd'));
      yield 100;
      expect(framesIn(rig)).toEqual(['a', 'bc', 'd']);
    });
  });

  it('flush does not wait', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ batching: 'linger', lingerMs: 10_000 });
      expectWire(rig.wire).toBe('85ms I 24ms a 909ms X', { I: ingest('a') });
      watch(producer.sendAsync('log', 'a'));
      const flushed = watch(producer.flush());
      yield 30;
      expect(flushed.ended).toBe('complete');
    });
  });
});

describe('backpressure', () => {
  it('beyond bufferBytes send errors, and what is buffered goes on', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ bufferBytes: 100 });
      const sends = Array.from({ length: 4 }, (_, i) => watch(producer.send('log', String(i).repeat(28))));
      expect(sends.map(({ error }) => error instanceof BackpressureError)).toEqual([false, false, false, true]);
      expect(sends[3]!.error).toMatchObject({ retryable: true, context: { buffered: 99, bufferBytes: 100 } });
      expect(producer.bufferedBytes).toBe(99);
      const async = watch(producer.sendAsync('log', 'xy'));
      expect(async.error).toBeInstanceOf(BackpressureError);
      yield 100;
      expect(producer.bufferedBytes).toBe(0);
      expect(dataIn(rig)).toBe(`!${'0'.repeat(28)}${'1'.repeat(28)}${'2'.repeat(28)}`);
      const large = watch(producer.send('log', 'x'.repeat(200)));
      yield 100;
      expect(large.ended).toBe('complete');
    });
  });

  it('a Backpressure frame stops sending until the next ack', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks: 4 });
      expectWire(rig.wire).toBe('85ms 1 9ms (bb) 11ms (a2) 21ms a 60ms (345) 20ms a----(aa) 790ms X', {
        ...{ 1: ingest('a'), 2: ingest('b'), 3: ingest('c'), 4: ingest('d'), 5: ingest('e') },
      });
      watch(producer.sendAsync('log', 'a'));
      rig.server.faults.sendBackpressure();
      yield 11;
      watch(producer.sendBatch('log', ['b']));
      yield 100;
      // From the ack on as many as before.
      for (const text of 'cde') watch(producer.sendBatch('log', [text]));
      yield 0;
    });
  });

  it('a socket that asks to wait is waited for', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ lingerMs: 0, maxPendingAcks: 4 });
      expectWire(rig.wire).toBe('85ms I 9ms I 14ms a 9ms a 899ms X');
      watch(producer.sendAsync('log', 'a'.repeat(100_000)));
      watch(producer.sendAsync('log', 'b'));
      yield 100;
    });
  });

  it('… also when the socket drains meanwhile', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks: 4 });
      expectWire(rig.wire).toBe('86ms I--------(bb) 12ms (aI) 21ms a 883ms X');
      rig.server.faults.sendBackpressure();
      yield 1;
      // More than a socket takes at once: it asks to wait, and drains when the server has read, after the frame is here.
      watch(producer.sendAsync('log', 'a'.repeat(100_000)));
      yield 11;
      watch(producer.sendAsync('log', 'b'));
      yield 100;
    });
  });

  it('… and one that comes when nothing is in flight holds nothing up', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      expectWire(rig.wire).toBe('95ms (bb) 36ms I 24ms a 859ms X');
      rig.server.faults.sendBackpressure();
      yield 50;
      const send = watch(producer.send('log', 'a'));
      yield 50;
      expect(send.ended).toBe('complete');
      expect(dataIn(rig)).toBe('!a');
    });
  });

  it('… one after the other while the server keeps saying so', () => {
    marbles(function* ({ watch }) {
      const sent: number[] = [];
      const peer = lancePeer((heard) => {
        if (heard.name === 'ListTopics') heard.end.write(lanceAnswer.topics('log'));
        if (heard.name === 'Ingest') {
          sent.push(heard.header.batchIdLow);
          heard.end.write(backpressureFrame());
        }
      });
      const producer = peer.producer({ maxPendingAcks: 5, deliveryTimeoutMs: 5000 });
      for (let i = 0; i < 5; i++) watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      // All five left before the first frame came back; nothing more does.
      expect(sent).toEqual([1, 2, 3, 4, 5]);
      for (let i = 0; i < 5; i++) watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      expect(sent).toHaveLength(5);
      producer.close().subscribe();
    });
  });
});
