import { concat } from 'rxjs';
import { ConnectionError, InvalidTopicNameError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { batchIdOf, timestampNsOf } from '../../src/codecs/lance/header.js';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { TlvRecord } from '../../src/codecs/lance/tlv.js';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { TopicIds } from '../../src/observables/lance/connection/topic-ids.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { marbles, tlv } from '../../src/testing.js';
import { Wire } from '../../tests/embedded/wire.js';
import { connected, dataIn, storedIn } from './producing.js';

describe('Producer.send', () => {
  it('emits the id of its batch when that is acknowledged', () => {
    marbles(({ expectObservable, lance }) => {
      const rig = lance({ ackDelayMs: 5 });
      rig.server.createTopic('log');
      const producer = rig.producer();
      const sends = concat(producer.send('log', 'a'), producer.send('log', new Uint8Array([1])), producer.send(1, 'c'));
      // Two connections and the topic's id take 60 ms; then a round trip and the server's 5 ms each.
      expectObservable(sends).toBe('85ms a 24ms b 24ms (c|)', { a: 1n, b: 2n, c: 3n });
    });
  });

  it('says 1970 where the clock stands before that, as the wire has no earlier time', () => {
    const date = jest.spyOn(clock, 'date').mockReturnValue(-1);
    try {
      marbles(function* ({ watch }) {
        const { rig, producer } = yield* connected();
        const sent = watch(producer.send('log', 'x'));
        yield 100;
        expect(sent.ended).toBe('complete');
        expect(rig.wire.ingests.map(({ header }) => timestampNsOf(header))).toEqual([0n]);
      });
    } finally {
      date.mockRestore();
    }
  });

  it('is cold: one record per subscription', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      expectWire(rig.wire).toBe('100ms C 19ms (oC) 16ms (oL) 16ms (tI) 17ms a 938ms X');
      const send = rig.producer().send('log', 'x');
      yield 100;
      watch(send);
      watch(send);
      yield 200;
      expect(dataIn(rig)).toBe('xx');
    });
  });

  it('refuses what can not be sent before anything is', () => {
    const producer = new Producer();
    expect(() => producer.send('a_b', 'x')).toThrow(InvalidTopicNameError);
    expect(() => producer.send(0, 'x')).toThrow(InvalidOptionError);
    expect(() => producer.send('log', 5 as unknown as string)).toThrow(/TlvRecord/);
    expect(() => producer.sendBatch('log', ['a', {} as unknown as string])).toThrow(InvalidOptionError);
    marbles(({ watch }) => {
      // With its header one byte more than a server takes.
      const large = new Uint8Array(16 * 1024 * 1024 - 4);
      const errors = [
        watch(producer.send('log', large)).error,
        watch(producer.sendBatch('log', ['', large.subarray(5)])).error,
      ];
      expect(errors).toEqual([expect.any(InvalidOptionError), expect.any(InvalidOptionError)]);
      expect(errors.map(String)).toEqual([
        expect.stringMatching(/^InvalidOptionError: record: must not/),
        expect.stringMatching(/^InvalidOptionError: records: must not/),
      ]);
      expect(watch(producer.sendBatch('log', [])).error).toBeInstanceOf(InvalidOptionError);
    });
    expect(producer.bufferedBytes).toBe(0);
    for (const [option, options] of [
      ['batching', { batching: 'none' as 'linger' }],
      ['batchSize', { batchSize: 63 }],
      ['batchSize', { batchSize: 2 ** 24 + 1 }],
      ['lingerMs', { lingerMs: -1 }],
      ['maxPendingAcks', { maxPendingAcks: 0 }],
      ['bufferBytes', { bufferBytes: 0 }],
      ['deliveryTimeoutMs', { deliveryTimeoutMs: Number.NaN }],
      ['keepaliveIntervalMs', { keepaliveIntervalMs: -1 }],
      ['compression', { compression: 'lz4' as unknown as true }],
      ['widenRound', { widenRound: 1 as unknown as true }],
    ] as const) {
      expect(() => new Producer(options)).toThrow(InvalidOptionError);
      expect(() => new Producer(options)).toThrow(option);
    }
  });

  it('texts of any alphabet, over the ends of batches: every byte is counted and stored', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64, maxPendingAcks: 2 });
      // Half a surrogate pair becomes what UTF-8 has for it.
      const texts = [
        '',
        'a',
        'é',
        '€uro',
        '😀',
        '\ud800',
        'x'.repeat(30),
        '€'.repeat(13),
        '😀'.repeat(50),
        'é'.repeat(29),
      ];
      const bytes = texts.reduce((sum, text) => sum + 5 + Buffer.byteLength(text), 0);
      for (const text of texts) watch(producer.send('log', text));
      expect(producer.bufferedBytes).toBe(bytes);
      watch(producer.sendBatch('log', texts));
      yield 1_000;
      expect(producer.bufferedBytes).toBe(0);
      expect(producer.metrics().bytes).toBe(6 + 2 * bytes);
      expect(storedIn(rig).slice(1)).toEqual([...texts, ...texts].map((text) => Buffer.from(text).toString()));
    });
  });

  it('a burst of batches for a topic that is asked for: none of them is looked at for each that comes', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.server.createTopic('log');
      const producer = rig.producer();
      watch(producer.connect());
      yield 50;
      const looks = jest.spyOn(TopicIds.prototype, 'idOf');
      for (let i = 0; i < 1_000; i++) watch(producer.sendBatch('log', [String(i)]));
      expect(looks.mock.calls.length).toBeLessThan(10);
      looks.mockRestore();
      yield 2_000;
      expect(storedIn(rig)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
    });
  });

  it('ids go on behind 2 ** 32', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      // As if so many had been sent.
      Reflect.set(Reflect.get(Reflect.get(producer, 'outbox') as object, 'packing') as object, 'lastId', 2 ** 32 - 2);
      const sends = 'abc'.split('').map((text) => watch(producer.sendBatch('log', [text])));
      yield 200;
      expect(sends.map(({ values }) => values)).toEqual([[2n ** 32n - 1n], [2n ** 32n], [2n ** 32n + 1n]]);
      expect(rig.wire.ingests.map(({ header }) => batchIdOf(header))).toEqual(sends.map(({ values }) => values[0]));
    });
  });

  it('an unknown topic is rejected at once, others are not touched', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      const byName = watch(producer.send('nowhere', 'x'));
      const byId = watch(producer.send(99, 'x'));
      const good = watch(producer.send('log', 'y'));
      yield 100;
      expect(byName.error).toBeInstanceOf(TopicNotFoundError);
      expect(byId.error).toBeInstanceOf(TopicNotFoundError);
      expect(good.ended).toBe('complete');
      expect(dataIn(rig)).toBe('!y');
    });
  });

  it('a topic that was deleted and made anew is found again', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected();
      new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
      yield 50;
      const lost = watch(producer.send('log', 'x'));
      yield 100;
      expect(lost.error).toBeInstanceOf(TopicNotFoundError);
      const found = watch(producer.send('log', 'y'));
      yield 100;
      expect(found.ended).toBe('complete');
      expect(dataIn(rig)).toBe('y');
    });
  });
});

describe('sendAsync, sendBatch, flush, close', () => {
  it('sendAsync emits at once; flush completes when all is acknowledged', () => {
    marbles(function* ({ expectRecording, expectWire, watch }) {
      const { producer, rig } = yield* connected();
      expectWire(rig.wire.only('I', 'a')).toBe('85ms (II) 21ms a----(aI) 21ms a');
      const ids = watch(concat(...'abc'.split('').map((text) => producer.sendAsync('log', text))));
      expect([ids.values, ids.ended]).toEqual([[2n, 3n, 3n], 'complete']);
      const flushed = watch(producer.flush());
      expectRecording(flushed).toBe('115ms (f|)', { f: undefined });
      const later = watch(producer.send('log', 'd'));
      yield 100;
      expect(later.ended).toBe('complete');
      expect(dataIn(rig)).toBe('!abcd');
      expect(watch(producer.flush()).ended).toBe('complete');
    });
  });

  it('flush also completes when what it waits for has failed', () => {
    marbles(function* ({ watch }) {
      const { producer } = yield* connected();
      watch(producer.sendAsync(77, 'x'));
      const flushed = watch(producer.flush());
      yield 100;
      expect(flushed.ended).toBe('complete');
    });
  });

  it('sendBatch is one frame, with records of any type', () => {
    marbles(function* ({ watch }) {
      const { rig, producer } = yield* connected({ batchSize: 64 });
      watch(producer.sendAsync('log', 'a'));
      watch(producer.sendAsync('log', 'b'));
      watch(producer.sendAsync('log', 'c'));
      const batch = watch(producer.sendBatch('log', ['x', TlvRecord.json({ n: 1 }), new Uint8Array(100)]));
      watch(producer.sendAsync('log', 'd'));
      yield 200;
      expect(rig.wire.ingests.map(({ header }) => header.recordCount)).toEqual([1, 2, 3, 1]);
      expect(batch.values).toEqual([4n]);
      const [, , sent] = rig.wire.ingests;
      expect(
        Buffer.from(sent!.payload).equals(
          Buffer.concat([tlv('x'), Buffer.from([2, 7, 0, 0, 0]), Buffer.from('{"n":1}'), tlv('\0'.repeat(100))]),
        ),
      ).toBe(true);
    });
  });

  it('close sends what waits, waits for it, and refuses what comes later', () => {
    marbles(function* ({ expectWire, watch }) {
      const { rig, producer } = yield* connected();
      expectWire(rig.wire).toBe('85ms (II) 21ms a----(aXX)');
      for (const text of 'abcd') watch(producer.sendAsync('log', text));
      const closed = watch(producer.close());
      const late = [producer.send('log', 'x'), producer.sendAsync('log', 'x'), producer.sendBatch('log', ['x'])].map(
        (send) => watch(send),
      );
      const reconnect = watch(producer.connect());
      for (const { error } of [...late, reconnect])
        expect(error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      yield 100;
      expect(closed.ended).toBe('complete');
      expect(dataIn(rig)).toBe('!abcd');
      expect(watch(producer.close()).ended).toBe('complete');
    });
  });
});

describe('Producer.connect', () => {
  it('emits the producer, connected, and again at once when it is', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      const producer = rig.producer();
      expectWire(rig.wire).toBe('C 19ms (oC) 16ms o 1009ms X');
      const first = watch(producer.connect());
      yield 50;
      expect(first.values).toEqual([producer]);
      const again = watch(producer.connect());
      yield 50;
      expect(again.values).toEqual([producer]);
      expect(again.ended).toBe('complete');
    });
  });

  it('errors if there is no server, and may be tried again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.stop();
      const producer = rig.producer();
      const refused = watch(producer.connect());
      yield 50;
      expect(refused.error).toBeInstanceOf(ConnectionError);
      rig.start();
      const seen = watch(producer.connect());
      yield 100;
      expect(seen.values).toEqual([producer]);
    });
  });

  it.each([5, 25])('is told when the producer is closed meanwhile, after %i ms', (afterMs) => {
    marbles(function* ({ lance, watch }) {
      const producer = lance().producer();
      const connecting = watch(producer.connect());
      yield afterMs;
      watch(producer.close());
      expect(connecting.error).toMatchObject({ message: 'the producer was closed before it was connected' });
      yield 100;
    });
  });
});
