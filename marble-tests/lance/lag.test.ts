import { map, takeWhile } from 'rxjs';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';

/** Where nothing ends: the question for the end. */
const isQuestion = ({ start }: { start: number }): boolean => start > 2 ** 60;

const FULL = { maxFetchBytes: 12, window: { deliveries: 1 } };

describe('lag$ of a consumed topic', () => {
  it('what fetches that reach the end tell costs no question', () => {
    marbles(function* ({ expectObservable, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log');
      expectObservable(stream.lag$, '5ms ^ 1999ms !').toBe('90ms z', { z: 0n });
      yield 10;
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 2_000;
      expect(seen.values).toEqual([['a']]);
      expect(rig.wire.fetches.filter(isQuestion)).toEqual([]);
      seen.unsubscribe();
    });
  });

  it('while the window is full the server is asked each second, over the same connection', () => {
    marbles(function* ({ expectObservable, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', FULL);
      expectWire(rig.wire.only('C', 'F')).toBe('C 39ms F 999ms E 459ms F 539ms E 999ms E', {
        E: { name: 'Fetch', start: 'end' },
      });
      expectObservable(stream.lag$, '^ 3500ms !').toBe('1060ms a 999ms b 999ms a', { a: 36n, b: 24n });
      const seen = watch(stream);
      yield 1_500;
      seen.at(0).ack();
      yield 1_000;
      rig.append('log', 'g', 'h');
      yield 1_500;
      seen.unsubscribe();
    });
  });

  it('nobody subscribed: nobody asks', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', FULL);
      const seen = watch(stream);
      yield 500;
      const lag = watch(stream.lag$);
      yield 500;
      lag.unsubscribe();
      const asked = rig.wire.fetches.length;
      yield 60_000;
      expect(rig.wire.fetches).toHaveLength(asked);
      expect(lag.values).toEqual([36n]);
      seen.unsubscribe();
    });
  });

  it('who leaves with the first value over another connection: nobody asks', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', FULL);
      const seen = watch(stream);
      const lag = watch(stream.lag$.pipe(takeWhile((bytes) => bytes > 24n, true)));
      yield 1_500;
      seen.at(0).ack();
      yield 100;
      rig.server.faults.dropConnections();
      yield 1_000;
      expect([lag.values, lag.ended]).toEqual([[36n, 24n], 'complete']);
      const asked = rig.wire.fetches.filter(isQuestion).length;
      yield 10_000;
      expect(rig.wire.fetches.filter(isQuestion)).toHaveLength(asked);
      seen.unsubscribe();
    });
  });

  it('two who want to know share one question, and the second is told at once', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', FULL);
      const seen = watch(stream);
      const first = watch(stream.lag$);
      yield 500;
      yield 560;
      const second = watch(stream.lag$);
      yield 1_500;
      expect([first.values, second.values, second.atMs]).toEqual([[36n], [36n], [1060]]);
      expect(rig.wire.fetches.filter(isQuestion)).toHaveLength(2);
      for (const each of [first, second, seen]) each.unsubscribe();
    });
  });

  it('goes on over the next connection, and completes after a drain', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', { ...FULL, lagIntervalMs: 100 });
      const lag = watch(stream.lag$);
      yield 1_000;
      expect(lag.values).toEqual([]);
      const seen = watch(stream);
      yield 1_000;
      rig.stop();
      yield 50;
      rig.append('log', 'g');
      rig.start();
      yield 1_000;
      expect(lag.values).toEqual([36n, 42n]);
      expect(stream.metrics()).toMatchObject({ reconnects: 1, records: 2, bytes: 12, truncations: 0 });
      const drained = watch(stream.drain());
      seen.at(0).ack();
      yield 100;
      expect([drained.ended, lag.ended]).toEqual(['complete', 'complete']);
    });
  });

  it('a read to the end of the topic knows it from the start, and ends at 0n, though its connection is gone by then', () => {
    marbles(function* ({ expectObservable, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', { until: 'end', maxFetchBytes: 18 });
      expectWire(rig.wire.only('C', 'F', 'X')).toBe('C 39ms E 19ms F 19ms F 19ms X', {
        E: { name: 'Fetch', start: 'end' },
      });
      expectObservable(stream.lag$, '^ 9s !').toBe('60ms a 4939ms b 999ms z', { a: 36n, b: 18n, z: 0n });
      const seen = watch(stream);
      yield 5_000;
      seen.at(0).ack();
      yield 1_000;
      seen.at(1).ack();
      yield 1;
      expect(seen.ended).toBe('complete');
    });
  });

  it('while it drains the end that was last heard of counts', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', { maxFetchBytes: 18, window: { deliveries: 2 } });
      const lag = watch(stream.lag$);
      const seen = watch(stream);
      yield 5_000;
      watch(stream.drain());
      yield 100;
      for (const each of seen.values) each.ack();
      yield 10;
      expect([lag.values, lag.ended]).toEqual([[36n, 18n, 0n], 'complete']);
    });
  });

  it('an answer that is short because the server cuts where records end is not taken for the end', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ fetchAlign: 'record' });
      rig.append('log', ...'abcdefghij');
      const stream = rig.client.consume('log', { maxFetchBytes: 15, window: { deliveries: 2 } });
      const lag = watch(stream.lag$);
      const seen = watch(stream);
      yield 3_000;
      expect(lag.values).toEqual([60n]);
      for (const each of [lag, seen]) each.unsubscribe();
    });
  });

  it('lagIntervalMs is checked', () => {
    expect(() => new LanceClient().consume('log', { lagIntervalMs: 0 })).toThrow(InvalidOptionError);
    expect(() => new LanceClient().tail('log', { lagIntervalMs: 1.5 })).toThrow('lagIntervalMs');
  });
});

describe('position$ and metrics() of a consumed topic', () => {
  it('what is settled without a gap counts, at most once a turn', () => {
    marbles(function* ({ expectObservable, lance, watch }) {
      const rig = lance();
      rig.append('log', ...'abcdef');
      const stream = rig.client.consume('log', { maxFetchBytes: 12, from: 6n });
      expectObservable(stream.position$, '^ 499ms !').toBe('40ms a 259ms b', { a: 6n, b: 36n });
      const seen = watch(stream);
      yield 200;
      seen.at(1).ack();
      yield 100;
      seen.at(0).ack();
      seen.at(2).ack();
      yield 200;
      expect(stream.metrics()).toMatchObject({ position: 36n, records: 5, bytes: 30, reconnects: 0 });
      expect(stream.metrics().fetches).toBeGreaterThan(stream.metrics().emptyPolls + 2);
      seen.unsubscribe();
    });
  });

  it('before the first session there is none; after it, it stays', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { until: 'end' });
      expect(stream.metrics()).toEqual({
        position: undefined,
        records: 0,
        bytes: 0,
        fetches: 0,
        emptyPolls: 0,
        reconnects: 0,
        truncations: 0,
      });
      const positions = watch(stream.position$);
      const seen = watch(stream.pipe(autoAck()));
      yield 200;
      expect([seen.ended, positions.values, positions.ended]).toEqual(['complete', [0n, 6n], undefined]);
      expect(stream.metrics().position).toBe(6n);
      watch(stream.drain());
      yield 1;
      expect(positions.ended).toBe('complete');
    });
  });
});
