import { EMPTY, map, mergeMap, of, retry, take, throwError, timer, toArray } from 'rxjs';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { json } from '../../src/codecs/payload/json.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles, type Watch, tlv } from '../../src/testing.js';
import { Wire } from '../../tests/embedded/wire.js';
import { textsIn } from './records.js';

describe('consume: where it begins and ends', () => {
  it('from the beginning, for ever', () => {
    marbles(({ expectObservable, lance }) => {
      const { client, server } = lance();
      server.append('log', tlv('a', 'b'));
      const texts = client.consume('log').pipe(autoAck(), map(textsIn));
      // Connection, topic, fetch: three round trips.
      expectObservable(texts, '^ 500ms !').toBe('60ms x', { x: ['a', 'b'] });
    });
  });

  it("until: 'end' is where the topic ends at subscription, and completes there", () => {
    marbles(({ expectObservable, lance }) => {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const texts = rig.client.consume('log', { until: 'end' }).pipe(
        autoAck(),
        map((batch) => {
          rig.append('log', 'later');
          return textsIn(batch);
        }),
      );
      expectObservable(texts).toBe('80ms (x|)', { x: ['a', 'b'] });
    });
  });

  it("from: 'end' sees only what comes later", () => {
    marbles(({ expectObservable, cold, lance }) => {
      const rig = lance();
      rig.append('log', 'old');
      cold('200ms n|').subscribe(() => rig.append('log', 'new'));
      const texts = rig.client.consume('log', { from: 'end' }).pipe(autoAck(), map(textsIn));
      // Polled at 60, 85, 115, 155 and at 215 ms.
      expectObservable(texts, '^ 400ms !').toBe('235ms x', { x: ['new'] });
    });
  });

  it.each([
    ['from an offset', { from: 12n, until: 'end' }, ['c', 'd']],
    ['until an offset', { until: 12n }, ['a', 'b']],
    ['from an offset to an offset', { from: 6n, until: 18n }, ['b', 'c']],
    ['by id', { until: 'end' }, ['a', 'b', 'c', 'd']],
    ['nothing, where both are one', { from: 'end', until: 'end' }, []],
    ['nothing, beyond its own end', { from: 18n, until: 6n }, []],
    ['nothing, of an empty topic', { until: 0n }, []],
  ] as const)('reads %s', (what, options, expected) => {
    marbles(({ expectObservable, lance }) => {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c', 'd');
      const texts = rig.client.consume(what === 'by id' ? 1 : 'log', options).pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
        toArray(),
      );
      const rtts =
        'from' in options && options.from === 'end' ? 60 : 'until' in options && options.until === 'end' ? 80 : 60;
      const frames = expected.length === 0 && rtts === 60 && what !== 'nothing, where both are one' ? 40 : rtts;
      expectObservable(texts).toBe(`${frames}ms (x|)`, { x: expected });
    });
  });

  it('a record that the end cuts is completed, and nothing behind it is read', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'first', 'second', 'third', 'fourth');
      const seen = watch(
        rig.client.consume('log', { until: 12n }).pipe(
          autoAck(),
          records(),
          map((r) => r.text()),
        ),
      );
      yield 500;
      expect(seen.values).toEqual(['first', 'second']);
      expect(seen.ended).toBe('complete');
      expect(rig.server.counters.bytesFetched).toBe(10 + 11);
    });
  });

  it("until: 'end' with a partial record at the end delivers the whole ones, and does not complete as if that were all", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const whole = rig.append('log', 'a', 'b');
      rig.server.append('log', tlv('half').subarray(0, 7));
      const deliveries = watch(rig.client.consume('log', { until: 'end' }));
      yield 200;
      expect(deliveries.values.map(({ value }) => [textsIn(value), value.nextOffset])).toEqual([
        [['a', 'b'], BigInt(whole)],
      ]);
      for (const delivery of deliveries.values) delivery.ack();
      yield 6_000;
      expect(deliveries.error).toMatchObject({ name: 'InvalidRecordError', context: { position: whole } });
    });
  });

  it('an end beyond the data is waited for', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const seen = watch(rig.client.consume('log', { until: 12n }).pipe(autoAck(), map(textsIn)));
      yield 1000;
      expect(seen.ended).toBeUndefined();
      rig.append('log', 'b', 'c');
      yield 100;
      expect(seen.values).toEqual([['a'], ['b']]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('unknown topic: TopicNotFoundError, by name and by id', () => {
    marbles(({ flush, lance, watch }) => {
      const { client } = lance();
      const seen = [watch(client.consume('no')), watch(client.consume(9))];
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
      ['from', { from: 5.5 }],
      ['until', { until: 'beginning' as 'end' }],
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
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { maxRecordBytes: 10 });
      const read = (): Watch<string[]> => watch(stream.pipe(autoAck(), map(textsIn)));
      const first = read();
      yield 100;
      const damaged = rig.append('log', 'b'.repeat(11));
      yield 200;
      expect(first.ended).toBe('error');
      rig.server.faults.truncateTopic('log', damaged - 16);
      rig.append('log', 'c');
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
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'old');
      const stream = rig.client.consume('log', { from: 'end' });
      const seen = watch(stream.pipe(retry({ delay: 1000 }), autoAck(), map(textsIn)));
      yield 100;
      rig.server.faults.dropConnections();
      yield 500;
      rig.append('log', 'new');
      yield 1000;
      expect(seen.values).toEqual([['new']]);
      seen.unsubscribe();
    });
  });

  it('a session that fails before it has found the topic keeps the position of the one before', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log', { from: 6n });
      const texts = stream.pipe(retry({ delay: 100 }), autoAck(), map(textsIn));
      const seen = watch(texts);
      yield 100;
      rig.stop();
      yield 1000;
      rig.start();
      rig.append('log', 'c');
      yield 1000;
      expect(seen.values).toEqual([['b'], ['c']]);
      seen.unsubscribe();
    });
  });

  it('after a dead letter that could not be written, too', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { deadLetters: () => throwError(() => new Error('no room')) });
      const first = watch(stream);
      yield 100;
      first.at(0).ack();
      rig.append('log', 'b');
      yield 100;
      first.at(1).dead();
      yield 1;
      expect(first.error).toMatchObject({ code: 'LANCE_DEAD_LETTER' });
      const second = watch(stream);
      yield 100;
      expect(second.values.map(({ value }) => textsIn(value))).toEqual([['b']]);
      second.unsubscribe();
    });
  });

  it('a topic that is made anew in the pause of a retry: an error first, then from where it began', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { reconnect: { maxAttempts: 0 } } });
      rig.append('log', 'a', 'b', 'c');
      const errors: unknown[] = [];
      const again = { delay: (error: unknown) => (errors.push(error), timer(1000)) };
      const stream = rig.client.consume('log');
      const seen = watch(stream.pipe(retry(again), autoAck(), map(textsIn)));
      yield 1500;
      rig.stop();
      yield 50;
      rig.start();
      new Wire(rig.server.connector()).send(deleteTopicRequest(1));
      yield 50;
      rig.append('log', 'x', 'y', 'z', 'more');
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
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const stream = rig.client.consume('log', { until: 'end' });
      for (let round = 0; round < 2; round++) {
        const all = watch(stream.pipe(autoAck(), map(textsIn)));
        yield 200;
        expect([all.values, all.ended]).toEqual([[['a', 'b']], 'complete']);
        const one = watch(
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
