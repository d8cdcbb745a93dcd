import { BackpressureError } from '../../src/codecs/lance/errors.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { backpressureFrame } from '../../src/codecs/lance/frames.js';
import { Producer } from '../../src/observables/lance/producer.js';
import { virtually } from '../../tests/embedded/script.js';
import { commandIn, oneTopic, Peer } from './peer.js';
import { connected, dataIn, framesIn } from './producing.js';
import { Watch } from './scene.js';

describe('self-clocked batching', () => {
  it('the first records leave at once; the next batch grows while two are unacknowledged', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      for (const text of 'abcdef') new Watch(producer.send('log', text));
      yield 12;
      for (const text of 'ghi') new Watch(producer.send('log', text));
      yield 100;
      for (const text of 'jk') new Watch(producer.send('log', text));
      yield 100;
      expect(framesIn(scene)).toEqual(['a', 'b', 'cdefghi', 'j', 'k']);
      expect(scene.wire.ingests.map(({ header }) => [header.batchIdLow, header.recordCount])).toEqual([
        [2, 1],
        [3, 1],
        [4, 7],
        [5, 1],
        [6, 1],
      ]);
    });
  });

  it('a batch that is full makes room for the next one', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      for (let i = 0; i < 20; i++) new Watch(producer.send('log', String(i).padStart(11, '.')));
      yield 1000;
      expect(scene.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 4, 4, 4, 4, 3]);
      expect(scene.wire.ingests.every(({ header }) => header.payloadLength <= 64)).toBe(true);
    });
  });

  it('a record larger than a batch goes alone, in its order', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 1 });
      const long = 'L'.repeat(1000);
      for (const text of ['a', 'b', long, 'c']) new Watch(producer.send('log', text));
      yield 200;
      expect(framesIn(scene)).toEqual(['a', 'b', long, 'c']);
      expect(dataIn(scene)).toBe(`!ab${long}c`);
    });
  });

  it.each([1, 2, 5])('never more than maxPendingAcks: %i', (maxPendingAcks) => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks });
      let unacknowledged = 0;
      let most = 0;
      for (let i = 0; i < 40; i++) {
        new Watch(producer.send('log', `${i};`));
        unacknowledged = scene.wire.ingests.length + 1 - scene.server.counters.acks;
        most = Math.max(most, unacknowledged);
        yield 1;
      }
      yield 100;
      expect(most).toBe(maxPendingAcks);
      expect(dataIn(scene)).toBe(`!${Array.from({ length: 40 }, (_, i) => `${i};`).join('')}`);
    });
  });

  it('topics have batches of their own, and the order of each is kept', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      scene.server.createTopic('other');
      for (let i = 0; i < 10; i++) {
        new Watch(producer.send('log', String(i)));
        new Watch(producer.send('other', String(i)));
      }
      yield 500;
      expect(dataIn(scene)).toBe('!0123456789');
      expect(dataIn(scene, 'other')).toBe('0123456789');
    });
  });
});

describe('batching: linger', () => {
  it('waits for lingerMs', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 50 });
      new Watch(producer.send('log', 'a'));
      yield 30;
      new Watch(producer.send('log', 'b'));
      yield 19;
      expect(framesIn(scene)).toEqual([]);
      yield 1;
      expect(framesIn(scene)).toEqual(['ab']);
    });
  });

  it('or until a batch is full: then it leaves at once', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 50, batchSize: 64 });
      for (const text of 'abc') new Watch(producer.send('log', text.repeat(20)));
      yield 0;
      // Two records of 25 bytes fit; the third begins the next batch.
      expect(framesIn(scene)).toEqual(['a'.repeat(20) + 'b'.repeat(20)]);
      new Watch(producer.send('log', 'd'.repeat(34)));
      yield 0;
      expect(framesIn(scene)).toHaveLength(2);
      yield 60;
      expect(framesIn(scene)).toHaveLength(2);
    });
  });

  it('a batch that stays together does not overtake what lingers', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 50 });
      new Watch(producer.sendAsync('log', 'a'));
      new Watch(producer.sendBatch('log', ['b', 'c']));
      new Watch(producer.sendAsync('log', 'd'));
      yield 100;
      expect(framesIn(scene)).toEqual(['a', 'bc', 'd']);
    });
  });

  it('flush does not wait', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batching: 'linger', lingerMs: 10_000 });
      new Watch(producer.sendAsync('log', 'a'));
      const flushed = new Watch(producer.flush());
      yield 30;
      expect(framesIn(scene)).toEqual(['a']);
      expect(flushed.ended).toBe('complete');
    });
  });
});

describe('backpressure', () => {
  it('beyond bufferBytes send errors, and what is buffered goes on', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ bufferBytes: 100 });
      const sends = Array.from({ length: 4 }, (_, i) => new Watch(producer.send('log', String(i).repeat(28))));
      expect(sends.map(({ error }) => error instanceof BackpressureError)).toEqual([false, false, false, true]);
      expect(sends[3]!.error).toMatchObject({ retryable: true, context: { buffered: 99, bufferBytes: 100 } });
      expect(producer.bufferedBytes).toBe(99);
      const async = new Watch(producer.sendAsync('log', 'xy'));
      expect(async.error).toBeInstanceOf(BackpressureError);
      yield 100;
      expect(producer.bufferedBytes).toBe(0);
      expect(dataIn(scene)).toBe(`!${'0'.repeat(28)}${'1'.repeat(28)}${'2'.repeat(28)}`);
      const large = new Watch(producer.send('log', 'x'.repeat(200)));
      yield 100;
      expect(large.ended).toBe('complete');
    });
  });

  it('a Backpressure frame stops sending until the next ack', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 4 });
      new Watch(producer.sendAsync('log', 'a'));
      scene.server.faults.sendBackpressure();
      yield 11;
      new Watch(producer.sendAsync('log', 'b'));
      yield 1;
      expect(framesIn(scene)).toEqual(['a']);
      yield 100;
      expect(framesIn(scene)).toEqual(['a', 'b']);
      // From the ack on as many as before.
      for (const text of 'cde') new Watch(producer.sendBatch('log', [text]));
      yield 0;
      expect(framesIn(scene)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });
  });

  it('a socket that asks to wait is waited for', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 4 });
      new Watch(producer.sendAsync('log', 'a'.repeat(100_000)));
      new Watch(producer.sendAsync('log', 'b'));
      yield 9;
      expect(scene.wire.ingests).toHaveLength(1);
      yield 1;
      // Drained, and not acknowledged yet.
      expect(scene.wire.ingests).toHaveLength(2);
    });
  });

  it('… also when the socket drains meanwhile', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ maxPendingAcks: 4 });
      scene.server.faults.sendBackpressure();
      yield 1;
      // More than a socket takes at once: it asks to wait, and drains when the server has read, after the frame is here.
      new Watch(producer.sendAsync('log', 'a'.repeat(100_000)));
      yield 11;
      new Watch(producer.sendAsync('log', 'b'));
      yield 3;
      expect(scene.wire.ingests).toHaveLength(1);
      yield 100;
      expect(scene.wire.ingests).toHaveLength(2);
    });
  });

  it('… and one that comes when nothing is in flight holds nothing up', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      scene.server.faults.sendBackpressure();
      yield 50;
      const send = new Watch(producer.send('log', 'a'));
      yield 50;
      expect(send.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!a');
    });
  });

  it('… one after the other while the server keeps saying so', () => {
    virtually(function* () {
      const sent: number[] = [];
      const peer = new Peer((heard) => {
        if (commandIn(heard) === Command.ListTopics) heard.end.write(oneTopic('log'));
        if (heard.header.kind === 'ingest') {
          sent.push(heard.header.batchIdLow);
          heard.end.write(backpressureFrame());
        }
      });
      const producer = new Producer({ connector: peer.connector, maxPendingAcks: 5 });
      for (let i = 0; i < 5; i++) new Watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      // All five left before the first frame came back; nothing more does.
      expect(sent).toEqual([1, 2, 3, 4, 5]);
      for (let i = 0; i < 5; i++) new Watch(producer.sendBatch('log', [String(i)]));
      yield 500;
      expect(sent).toHaveLength(5);
      producer.close().subscribe();
    });
  });
});
