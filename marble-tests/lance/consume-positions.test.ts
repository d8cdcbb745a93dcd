import { EMPTY, map, mergeMap, of, retry, take, throwError, timer, toArray } from 'rxjs';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { json } from '../../src/codecs/payload/json.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { virtually } from '../../tests/embedded/script.js';
import { Wire } from '../../tests/embedded/wire.js';
import { Deliveries, marbles, Scene, textsIn, tlv, Watch } from './scene.js';

describe('consume: where it begins and ends', () => {
  it('from the beginning, for ever', () => {
    marbles(({ expectObservable }) => {
      const { client, server } = new Scene();
      server.append('log', tlv('a', 'b'));
      const texts = client.consume('log').pipe(autoAck(), map(textsIn));
      // Connection, topic, fetch: three round trips.
      expectObservable(texts, '^ 500ms !').toBe('60ms x', { x: ['a', 'b'] });
    });
  });

  it("to: 'end' is where the topic ends at subscription, and completes there", () => {
    marbles(({ expectObservable }) => {
      const scene = new Scene();
      scene.append('log', 'a', 'b');
      const texts = scene.client.consume('log', { to: 'end' }).pipe(
        autoAck(),
        map((batch) => {
          scene.append('log', 'later');
          return textsIn(batch);
        }),
      );
      expectObservable(texts).toBe('80ms (x|)', { x: ['a', 'b'] });
    });
  });

  it("from: 'end' sees only what comes later", () => {
    marbles(({ expectObservable, cold }) => {
      const scene = new Scene();
      scene.append('log', 'old');
      cold('200ms n|').subscribe(() => scene.append('log', 'new'));
      const texts = scene.client.consume('log', { from: 'end' }).pipe(autoAck(), map(textsIn));
      // Polled at 60, 85, 115, 155 and at 215 ms.
      expectObservable(texts, '^ 400ms !').toBe('235ms x', { x: ['new'] });
    });
  });

  it.each([
    ['from an offset', { from: 12n, to: 'end' }, ['c', 'd']],
    ['to an offset', { to: 12n }, ['a', 'b']],
    ['from an offset to an offset', { from: 6n, to: 18n }, ['b', 'c']],
    ['by id', { to: 'end' }, ['a', 'b', 'c', 'd']],
    ['nothing, where both are one', { from: 'end', to: 'end' }, []],
    ['nothing, beyond its own end', { from: 18n, to: 6n }, []],
    ['nothing, of an empty topic', { to: 0n }, []],
  ] as const)('reads %s', (what, options, expected) => {
    marbles(({ expectObservable }) => {
      const scene = new Scene();
      scene.append('log', 'a', 'b', 'c', 'd');
      const texts = scene.client.consume(what === 'by id' ? 1 : 'log', options).pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
        toArray(),
      );
      const rtts = 'from' in options && options.from === 'end' ? 60 : 'to' in options && options.to === 'end' ? 80 : 60;
      const frames = expected.length === 0 && rtts === 60 && what !== 'nothing, where both are one' ? 40 : rtts;
      expectObservable(texts).toBe(`${frames}ms (x|)`, { x: expected });
    });
  });

  it('a record that the end cuts is completed, and nothing behind it is read', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'first', 'second', 'third', 'fourth');
      const seen = new Watch(
        scene.client.consume('log', { to: 12n }).pipe(
          autoAck(),
          records(),
          map((r) => r.text()),
        ),
      );
      yield 500;
      expect(seen.values).toEqual(['first', 'second']);
      expect(seen.ended).toBe('complete');
      expect(scene.server.counters.bytesFetched).toBe(10 + 11);
    });
  });

  it("to: 'end' with a partial record at the end delivers the whole ones and completes", () => {
    virtually(function* () {
      const scene = new Scene();
      const whole = scene.append('log', 'a', 'b');
      scene.server.append('log', tlv('half').subarray(0, 7));
      const deliveries = new Deliveries(scene.client.consume('log', { to: 'end' }));
      yield 200;
      expect(deliveries.values.map(({ value }) => [textsIn(value), value.nextOffset])).toEqual([
        [['a', 'b'], BigInt(whole)],
      ]);
      deliveries.ackAll();
      yield 100;
      expect(deliveries.ended).toBe('complete');
    });
  });

  it('an end beyond the data is waited for', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log', { to: 12n }).pipe(autoAck(), map(textsIn)));
      yield 1000;
      expect(seen.ended).toBeUndefined();
      scene.append('log', 'b', 'c');
      yield 100;
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('unknown topic: TopicNotFoundError, by name and by id', () => {
    marbles(({ flush }) => {
      const { client } = new Scene();
      const seen = [new Watch(client.consume('no')), new Watch(client.consume(9))];
      flush();
      for (const { error, endedAtMs } of seen) {
        expect(error).toBeInstanceOf(TopicNotFoundError);
        expect(endedAtMs).toBe(40);
      }
    });
  });

  it('options are checked when the stream is made', () => {
    const client = new LanceClient();
    const wrong = [
      ['name', { name: '' }],
      ['from', { from: -1n }],
      ['from', { from: 2n ** 53n }],
      ['from', { from: 5 as unknown as bigint }],
      ['to', { to: 'beginning' as 'end' }],
      ['maxFetchBytes', { maxFetchBytes: 0 }],
      ['maxFetchBytes', { maxFetchBytes: 16 * 1024 * 1024 }],
      ['maxRecordBytes', { maxRecordBytes: 2 ** 31 }],
      ['prefetch', { prefetch: 0 }],
      ['commitIntervalMs', { commitIntervalMs: -1 }],
      ['commitCount', { commitCount: 0 }],
      ['window.deliveries', { window: { deliveries: 0 } }],
      ['window.bytes', { window: { bytes: 0.5 } }],
      ['window: must be', { window: 5 as never }],
      ['window: must be', { window: null as never }],
      ['window.size', { window: { size: 3 } as never }],
      ['codec: must be a codec such as json()', { codec: 'json' as never }],
      ['codec: must be a codec such as json()', { codec: json as never }],
      ["deadLetters: must be { topic: 'name' } or a function", { deadLetters: 'dead' as never }],
      ["deadLetters: must be { topic: 'name' } or a function", { deadLetters: { name: 'dead' } as never }],
    ] as const;
    for (const [option, options] of wrong) {
      expect(() => client.consume('log', options)).toThrow(InvalidOptionError);
      expect(() => client.consume('log', options)).toThrow(option);
    }
  });
});

describe('consume: without a name', () => {
  it('goes on behind what is settled after an error, and only then', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const stream = scene.client.consume('log', { maxRecordBytes: 10 });
      const read = (): Watch<string[]> => new Watch(stream.pipe(autoAck(), map(textsIn)));
      const first = read();
      yield 100;
      const damaged = scene.append('log', 'b'.repeat(11));
      yield 200;
      expect(first.ended).toBe('error');
      scene.server.faults.truncateTopic('log', damaged - 16);
      scene.append('log', 'c');
      const second = read();
      yield 100;
      expect(second.values).toEqual([['c']]);
      second.unsubscribe();
      const third = read();
      yield 100;
      expect(third.values).toEqual([['a', 'c']]);
      third.unsubscribe();
    });
  });

  it("from: 'end' under retry skips nothing", () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { maxAttempts: 0 } });
      scene.append('log', 'old');
      const stream = scene.client.consume('log', { from: 'end' });
      const seen = new Watch(stream.pipe(retry({ delay: 1000 }), autoAck(), map(textsIn)));
      yield 100;
      scene.server.faults.dropConnections();
      yield 500;
      scene.append('log', 'new');
      yield 1000;
      expect(seen.values).toEqual([['new']]);
      seen.unsubscribe();
    });
  });

  it('a session that fails before it has found the topic keeps the position of the one before', () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { maxAttempts: 0 } });
      scene.append('log', 'a', 'b');
      const stream = scene.client.consume('log', { from: 6n });
      const texts = stream.pipe(retry({ delay: 100 }), autoAck(), map(textsIn));
      const seen = new Watch(texts);
      yield 100;
      scene.stop();
      yield 1000;
      scene.start();
      scene.append('log', 'c');
      yield 1000;
      expect(seen.values).toEqual([['b'], ['c']]);
      seen.unsubscribe();
    });
  });

  it('after a dead letter that could not be written, too', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const stream = scene.client.consume('log', { deadLetters: () => throwError(() => new Error('no room')) });
      const first = new Deliveries(stream);
      yield 100;
      first.at(0).ack();
      scene.append('log', 'b');
      yield 100;
      first.at(1).dead();
      yield 1;
      expect(first.error).toMatchObject({ code: 'LANCE_DEAD_LETTER' });
      const second = new Deliveries(stream);
      yield 100;
      expect(second.values.map(({ value }) => textsIn(value))).toEqual([['b']]);
      second.unsubscribe();
    });
  });

  it('a topic that is made anew in the pause of a retry: an error first, then from where it began', () => {
    virtually(function* () {
      const scene = new Scene({}, { reconnect: { maxAttempts: 0 } });
      scene.append('log', 'a', 'b', 'c');
      const errors: unknown[] = [];
      const again = { delay: (error: unknown) => (errors.push(error), timer(1000)) };
      const stream = scene.client.consume('log');
      const seen = new Watch(stream.pipe(retry(again), autoAck(), map(textsIn)));
      yield 1500;
      scene.stop();
      yield 50;
      scene.start();
      new Wire(scene.server.connector()).send(deleteTopicRequest(1));
      yield 50;
      scene.append('log', 'x', 'y', 'z', 'more');
      yield 5000;
      expect(errors.map((error) => (error as { code: string }).code)).toEqual([
        'LANCE_CONNECTION',
        'LANCE_TOPIC_CHANGED',
      ]);
      expect(seen.values).toEqual([
        ['a', 'b', 'c'],
        ['x', 'y', 'z', 'more'],
      ]);
      seen.unsubscribe();
    });
  });

  it('starts at `from` after completion and after unsubscribing', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b');
      const stream = scene.client.consume('log', { to: 'end' });
      for (let round = 0; round < 2; round++) {
        const all = new Watch(stream.pipe(autoAck(), map(textsIn)));
        yield 200;
        expect([all.values, all.ended]).toEqual([[['a', 'b']], 'complete']);
        const one = new Watch(
          stream.pipe(
            autoAck(),
            mergeMap((batch) => (batch.length > 0 ? of(batch) : EMPTY)),
            take(1),
          ),
        );
        yield 200;
        expect(one.values).toHaveLength(1);
      }
    });
  });
});
