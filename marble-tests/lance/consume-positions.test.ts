import { EMPTY, map, mergeMap, of, retry, take, throwError, toArray } from 'rxjs';
import { ServerCatchingUpError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { json } from '../../src/codecs/payload/json.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { virtually } from '../../tests/embedded/script.js';
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
      const seen = new Watch(scene.client.consume('log', { to: 12n }).pipe(autoAck(), records(), map((r) => r.text())));
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
      expect(deliveries.values.map(({ value }) => [textsIn(value), value.nextOffset])).toEqual([[['a', 'b'], BigInt(whole)]]);
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
    ] as const;
    for (const [option, options] of wrong) {
      expect(() => client.consume('log', options)).toThrow(InvalidOptionError);
      expect(() => client.consume('log', options)).toThrow(option);
    }
  });
});

describe('consume: polling', () => {
  it('empty polls back off from 5 to 50 ms, and begin anew after data', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const seen = new Watch(scene.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 400;
      scene.append('log', 'a');
      yield 200;
      seen.unsubscribe();
      const sent = scene.wire.fetches.map(({ atMs }) => atMs);
      // Each answer takes 20 ms; the pauses are 5, 10, 20, 40, 50, 50 ms. The data comes at 445 and is followed up at once.
      expect(sent).toEqual([40, 65, 95, 135, 195, 265, 335, 405, 425, 450, 480, 520, 580]);
      expect(seen.values).toEqual([['a']]);
    });
  });

  it('unsubscribing ends it: no timer, no connection is left', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.createTopic('log');
      const seen = new Watch(scene.client.consume('log'));
      yield 300;
      expect(scene.wire.open).toBe(1);
      seen.unsubscribe();
      expect(scene.wire.open).toBe(0);
      const { length } = scene.wire.frames;
      yield 60_000;
      expect(scene.wire.frames).toHaveLength(length);
    });
  });
});

describe('consume: records cut by fetches', () => {
  const values = ['', 'a', 'bb', 'x'.repeat(20), 'ccc', 'y'.repeat(300), 'd', '', 'z'];
  const all = tlv(...values);

  it.each([1, 2, 3, 4, 5, 6, 7, 13, 64, 299, 305, 306, 1000])('%i bytes at a time', (maxFetchBytes) => {
    virtually(function* () {
      const scene = new Scene({ latencyMs: 0 });
      scene.server.append('log', all);
      const deliveries = new Deliveries(scene.client.consume('log', { to: 'end', maxFetchBytes }).pipe(map(acked)));
      yield 10_000;
      expect(deliveries.values.flatMap(({ value }) => textsIn(value))).toEqual(values);
      expect(deliveries.ended).toBe('complete');
      // Batches lie end to end, at the boundaries of records.
      let at = 0;
      for (const { value, source } of deliveries.values) {
        expect(source).toEqual({ system: 'lance', name: 'log', position: BigInt(at) });
        expect(value.position).toBe(BigInt(at));
        expect(value.byteLength).toBe(Number(value.nextOffset) - at);
        at = Number(value.nextOffset);
      }
      expect(at).toBe(all.length);
      expect(scene.server.counters.bytesFetched).toBe(all.length);
    });
  });

  it('a record larger than the window is delivered alone', () => {
    virtually(function* () {
      const scene = new Scene({ latencyMs: 0 });
      const long = 'l'.repeat(5000);
      scene.append('log', 'a', long, 'b'.repeat(1200));
      const seen = (): string[] => deliveries.values.map(({ value }) => textsIn(value).map(([first]) => first).join());
      const deliveries = new Deliveries(scene.client.consume('log', { to: 'end', window: { deliveries: 4, bytes: 1000 } }));
      yield 1000;
      expect(seen()).toEqual(['a']);
      deliveries.at(0).ack();
      yield 1000;
      expect(seen()).toEqual(['a', 'l']);
      deliveries.at(1).ack();
      yield 1000;
      expect(seen()).toEqual(['a', 'l', 'b']);
      deliveries.at(2).ack();
      yield 10;
      expect(deliveries.ended).toBe('complete');
    });
  });

  it('a record that announces too much ends the stream, after what is before it', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const deliveries = new Deliveries(scene.client.consume('log', { maxRecordBytes: 10 }));
      yield 100;
      scene.append('log', 'b'.repeat(11));
      yield 200;
      expect(deliveries.values.map(({ value }) => textsIn(value))).toEqual([['a']]);
      expect(deliveries.error).toMatchObject({ code: 'LANCE_INVALID_RECORD', retryable: false });
      expect(scene.wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('a codec decodes what is asked for, when it is asked for', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', '{"n":1}', 'no json', '{"n":2}');
      const seen = new Watch(scene.client.consume('log', { to: 'end', codec: json<{ n: number }>() }).pipe(autoAck()));
      yield 200;
      const [batch] = seen.values;
      expect([batch?.value(0), batch?.value(2)]).toEqual([{ n: 1 }, { n: 2 }]);
      expect(() => batch?.value(1)).toThrow('json');
    });
  });

  function acked<D extends { ack(): unknown }>(delivery: D): D {
    delivery.ack();
    return delivery;
  }
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

  it('starts at `from` after completion and after unsubscribing', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a', 'b');
      const stream = scene.client.consume('log', { to: 'end' });
      for (let round = 0; round < 2; round++) {
        const all = new Watch(stream.pipe(autoAck(), map(textsIn)));
        yield 200;
        expect([all.values, all.ended]).toEqual([[['a', 'b']], 'complete']);
        const one = new Watch(stream.pipe(autoAck(), mergeMap((batch) => (batch.length > 0 ? of(batch) : EMPTY)), take(1)));
        yield 200;
        expect(one.values).toHaveLength(1);
      }
    });
  });
});

describe('consume: the server has less than was asked for', () => {
  it('waits 5 s, says so, and errors after 3 answers without progress', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const stream = scene.client.consume('log', { from: 1000n });
      const seen = new Watch(stream);
      yield 1000;
      const status = new Watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['server'] }]);
      yield 20_000;
      expect(scene.wire.fetches.map(({ atMs }) => atMs)).toEqual([40, 5060, 10_080]);
      expect(seen.error).toBeInstanceOf(ServerCatchingUpError);
      expect(seen.error).toMatchObject({ serverOffset: 6n, retryable: true, context: { requestedOffset: 1000 } });
      expect(seen.endedAtMs).toBe(10_100);
    });
  });

  it('progress counts: each further offset gives three more answers', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      const seen = new Watch(scene.client.consume('log', { from: 24n }).pipe(autoAck(), map(textsIn)));
      yield 8000;
      scene.append('log', 'b');
      yield 8000;
      scene.append('log', 'c');
      yield 8000;
      scene.append('log', 'd', 'e');
      yield 5000;
      expect(seen.values).toEqual([['e']]);
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('is over when data comes, and the count begins anew', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.catchUpOnNextFetches(2, 3);
      const stream = scene.client.consume('log');
      const seen = new Watch(stream.pipe(autoAck(), map(textsIn)));
      yield 10_200;
      expect(seen.values).toEqual([['a']]);
      const status = new Watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'delivering', reasons: [] }]);
      scene.server.faults.catchUpOnNextFetches(2, 3);
      yield 11_000;
      scene.append('log', 'b');
      yield 100;
      expect(seen.values).toEqual([['a'], ['b']]);
      seen.unsubscribe();
    });
  });

  it('a node that does not know the topic yet is asked for its end again', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.append('log', 'a');
      scene.server.faults.catchUpOnNextFetches(2, 0);
      const seen = new Watch(scene.client.consume('log', { to: 'end' }).pipe(autoAck(), map(textsIn)));
      yield 1000;
      expect(seen.values).toEqual([['a']]);
      expect(seen.ended).toBe('complete');
    });
  });
});
