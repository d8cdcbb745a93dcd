import { concat } from 'rxjs';
import { ConnectionError, InvalidTopicNameError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { TlvRecord } from '../../src/codecs/lance/tlv.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { InvalidOptionError, NotImplementedError } from '../../src/foundation/errors.js';
import { Producer } from '../../src/observables/lance/producer.js';
import { virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { connected, dataIn } from './producing.js';
import { marbles, Scene, tlv, Watch } from './scene.js';

describe('Producer.send', () => {
  it('emits the id of its batch when that is acknowledged', () => {
    marbles(({ expectObservable }) => {
      const scene = new Scene({ ackDelayMs: 5 });
      scene.server.createTopic('log');
      const producer = scene.producer();
      const sends = concat(producer.send('log', 'a'), producer.send('log', new Uint8Array([1])), producer.send(1, 'c'));
      // Two connections and the topic's id take 60 ms; then a round trip and the server's 5 ms each.
      expectObservable(sends).toBe('85ms a 24ms b 24ms (c|)', { a: 1n, b: 2n, c: 3n });
    });
  });

  it('is cold: one record per subscription', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const send = scene.producer().send('log', 'x');
      yield 100;
      expect(scene.wire.connectedAtMs).toEqual([]);
      new Watch(send);
      new Watch(send);
      yield 200;
      expect(dataIn(scene)).toBe('xx');
    });
  });

  it('refuses what can not be sent before anything is', () => {
    const producer = new Producer();
    expect(() => producer.send('a_b', 'x')).toThrow(InvalidTopicNameError);
    expect(() => producer.send(0, 'x')).toThrow(InvalidOptionError);
    expect(() => producer.send('log', 5 as unknown as string)).toThrow(/TlvRecord/);
    expect(() => producer.sendBatch('log', ['a', {} as unknown as string])).toThrow(InvalidOptionError);
    expect(new Watch(producer.send('log', new Uint8Array(16 * 1024 * 1024))).error).toBeInstanceOf(InvalidOptionError);
    expect(new Watch(producer.sendBatch('log', [])).error).toBeInstanceOf(InvalidOptionError);
    expect(producer.bufferedBytes).toBe(0);
    for (const [option, options] of [
      ['batching', { batching: 'none' as 'linger' }],
      ['batchSize', { batchSize: 63 }],
      ['batchSize', { batchSize: 2 ** 24 + 1 }],
      ['lingerMs', { lingerMs: -1 }],
      ['maxPendingAcks', { maxPendingAcks: 0 }],
      ['bufferBytes', { bufferBytes: 0 }],
      ['deliveryTimeoutMs', { deliveryTimeoutMs: Number.NaN }],
    ] as const) {
      expect(() => new Producer(options)).toThrow(InvalidOptionError);
      expect(() => new Producer(options)).toThrow(option);
    }
    expect(() => new Producer({ compression: true })).toThrow(NotImplementedError);
  });

  it('an unknown topic is rejected at once, others are not touched', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      const byName = new Watch(producer.send('nowhere', 'x'));
      const byId = new Watch(producer.send(99, 'x'));
      const good = new Watch(producer.send('log', 'y'));
      yield 100;
      expect(byName.error).toBeInstanceOf(TopicNotFoundError);
      expect(byId.error).toBeInstanceOf(TopicNotFoundError);
      expect(good.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!y');
    });
  });

  it('a topic that was deleted and made anew is found again', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 50;
      const lost = new Watch(producer.send('log', 'x'));
      yield 100;
      expect(lost.error).toBeInstanceOf(TopicNotFoundError);
      const found = new Watch(producer.send('log', 'y'));
      yield 100;
      expect(found.ended).toBe('complete');
      expect(dataIn(scene)).toBe('y');
    });
  });
});

describe('sendAsync, sendBatch, flush, close', () => {
  it('sendAsync emits at once; flush completes when all is acknowledged', () => {
    virtually(function* () {
      const { producer, scene } = yield* connected();
      const ids = new Watch(concat(...'abc'.split('').map((text) => producer.sendAsync('log', text))));
      expect([ids.values, ids.ended]).toEqual([[2n, 3n, 4n], 'complete']);
      const flushed = new Watch(producer.flush());
      const later = new Watch(producer.send('log', 'd'));
      yield 24;
      expect(flushed.ended).toBeUndefined();
      yield 100;
      expect([flushed.values, flushed.ended, later.ended]).toEqual([[undefined], 'complete', 'complete']);
      expect(dataIn(scene)).toBe('!abcd');
      expect(new Watch(producer.flush()).ended).toBe('complete');
    });
  });

  it('flush also completes when what it waits for has failed', () => {
    virtually(function* () {
      const { producer } = yield* connected();
      new Watch(producer.sendAsync(77, 'x'));
      const flushed = new Watch(producer.flush());
      yield 100;
      expect(flushed.ended).toBe('complete');
    });
  });

  it('sendBatch is one frame, with records of any type', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected({ batchSize: 64 });
      new Watch(producer.sendAsync('log', 'a'));
      new Watch(producer.sendAsync('log', 'b'));
      new Watch(producer.sendAsync('log', 'c'));
      const batch = new Watch(producer.sendBatch('log', ['x', TlvRecord.json({ n: 1 }), new Uint8Array(100)]));
      new Watch(producer.sendAsync('log', 'd'));
      yield 200;
      expect(scene.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 1, 1, 3, 1]);
      expect(batch.values).toEqual([5n]);
      const [, , , sent] = scene.wire.ingests;
      expect(
        Buffer.from(sent!.payload).equals(
          Buffer.concat([tlv('x'), Buffer.from([2, 7, 0, 0, 0]), Buffer.from('{"n":1}'), tlv('\0'.repeat(100))]),
        ),
      ).toBe(true);
    });
  });

  it('close sends what waits, waits for it, and refuses what comes later', () => {
    virtually(function* () {
      const { scene, producer } = yield* connected();
      for (const text of 'abcd') new Watch(producer.sendAsync('log', text));
      const closed = new Watch(producer.close());
      const late = [producer.send('log', 'x'), producer.sendAsync('log', 'x'), producer.sendBatch('log', ['x'])].map(
        (send) => new Watch(send),
      );
      const reconnect = new Watch(producer.connect());
      for (const { error } of [...late, reconnect])
        expect(error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      yield 100;
      expect(closed.ended).toBe('complete');
      expect(dataIn(scene)).toBe('!abcd');
      expect(scene.wire.open).toBe(0);
      expect(new Watch(producer.close()).ended).toBe('complete');
    });
  });
});

describe('Producer.connect', () => {
  it('emits the producer, connected, and again at once when it is', () => {
    virtually(function* () {
      const scene = new Scene();
      const producer = scene.producer();
      const first = new Watch(producer.connect());
      yield 50;
      expect(first.values).toEqual([producer]);
      expect(scene.wire.open).toBe(2);
      const again = new Watch(producer.connect());
      yield 50;
      expect(again.values).toEqual([producer]);
      expect(again.ended).toBe('complete');
    });
  });

  it('errors if there is no server, and may be tried again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.stop();
      const producer = scene.producer();
      const refused = new Watch(producer.connect());
      yield 50;
      expect(refused.error).toBeInstanceOf(ConnectionError);
      scene.start();
      const seen = new Watch(producer.connect());
      yield 100;
      expect(seen.values).toEqual([producer]);
    });
  });

  it('is told when the producer is closed meanwhile', () => {
    virtually(function* () {
      const producer = new Scene().producer();
      const connecting = new Watch(producer.connect());
      yield 25;
      new Watch(producer.close());
      yield 100;
      expect(connecting.ended).toBe('error');
    });
  });
});
