import { BackpressureError } from '../../src/codecs/lance/errors.js';
import { backpressureFrame } from '../../src/codecs/lance/frames.js';
import { lanceAnswer, lancePeer, marbles } from '../../src/testing.js';
import { connected, dataIn, framesIn } from './producing.js';

/** An ingest frame with one record per letter. */
const ingest = (texts: string) => ({ name: 'Ingest', texts: texts.split('') });

describe('self-clocked batching', () => {
  it('the first records leave at once; the next batch grows while two are unacknowledged', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      expectWire(rig.wire.only('I', 'a')).toBe('85ms (12) 21ms (a3)-a 19ms a 61ms (45) 21ms a----a', {
        ...{ 1: ingest('a'), 2: ingest('b'), 3: ingest('cdefghi'), 4: ingest('j'), 5: ingest('k') },
      });
      for (const text of 'abcdef') watch(producer.send('log', text));
      yield 12;
      for (const text of 'ghi') watch(producer.send('log', text));
      yield 100;
      for (const text of 'jk') watch(producer.send('log', text));
      yield 100;
      expect(rig.wire.ingests.map(({ header }) => [header.batchIdLow, header.recordCount])).toEqual([
        [2, 1],
        [3, 1],
        [4, 7],
        [5, 1],
        [6, 1],
      ]);
    });
  });

  it('a batch that is full makes room for the next one', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      const batch = (records: number) => ({ name: 'Ingest', records });
      expectWire(rig.wire.only('I', 'a')).toBe('85ms 1 24ms (a4) 21ms (a4) 21ms (a4) 21ms (a4) 21ms (a3) 21ms a', {
        1: batch(1),
        3: batch(3),
        4: batch(4),
      });
      for (let i = 0; i < 20; i++) watch(producer.send('log', String(i).padStart(11, '.')));
      yield 1000;
      expect(rig.wire.ingests.every(({ header }) => header.payloadLength <= 64)).toBe(true);
    });
  });

  it('a record larger than a batch goes alone, in its order', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      const long = 'L'.repeat(1000);
      for (const text of ['a', 'b', long, 'c']) watch(producer.send('log', text));
      yield 200;
      expect(framesIn(rig)).toEqual(['a', 'b', long, 'c']);
      expect(dataIn(rig)).toBe(`!ab${long}c`);
    });
  });

  it.each([1, 2, 5])('never more than maxPendingAcks: %i', (maxPendingAcks) => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks });
      let unacknowledged = 0;
      let most = 0;
      for (let i = 0; i < 40; i++) {
        watch(producer.send('log', `${i};`));
        unacknowledged = rig.wire.ingests.length + 1 - rig.server.counters.acks;
        most = Math.max(most, unacknowledged);
        yield 1;
      }
      yield 100;
      expect(most).toBe(maxPendingAcks);
      expect(dataIn(rig)).toBe(`!${Array.from({ length: 40 }, (_, i) => `${i};`).join('')}`);
    });
  });

  it('topics have batches of their own, and the order of each is kept', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      rig.server.createTopic('other');
      for (let i = 0; i < 10; i++) {
        watch(producer.send('log', String(i)));
        watch(producer.send('other', String(i)));
      }
      yield 500;
      expect(dataIn(rig)).toBe('!0123456789');
      expect(dataIn(rig, 'other')).toBe('0123456789');
    });
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
      expectWire(rig.wire).toBe('85ms 1 9ms (bb) 11ms (a2) 21ms a 60ms (345) 20ms a----a----a 788ms X', {
        ...{ 1: ingest('a'), 2: ingest('b'), 3: ingest('c'), 4: ingest('d'), 5: ingest('e') },
      });
      watch(producer.sendAsync('log', 'a'));
      rig.server.faults.sendBackpressure();
      yield 11;
      watch(producer.sendAsync('log', 'b'));
      yield 100;
      // From the ack on as many as before.
      for (const text of 'cde') watch(producer.sendBatch('log', [text]));
      yield 0;
    });
  });

  it('a socket that asks to wait is waited for', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected({ maxPendingAcks: 4 });
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
