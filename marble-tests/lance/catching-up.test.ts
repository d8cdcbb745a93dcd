import { map } from 'rxjs';
import { ServerCatchingUpError } from '../../src/codecs/lance/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles, tlv, type Watch } from '../../src/testing.js';
import { textsIn } from './records.js';
import { SlowStore } from './slow-store.js';

/** A record of 100 bytes. */
const long = (letter: string): string => letter.repeat(95);

describe('a position beyond the end of the data', () => {
  it.each([
    ['beginning', ['a', 'b']],
    ['end', ['b']],
  ] as const)('%s: after three answers without progress it goes on there', (onTruncated, expected) => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const offsetStore = new SlowStore();
      offsetStore.offsets.set('reader', 1000n);
      const stream = rig.client.consume('log', { name: 'reader', offsetStore, onTruncated });
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 10_000;
      expect(stream.metrics().truncations).toBe(0);
      yield 200;
      expect(stream.metrics().truncations).toBe(1);
      rig.append('log', 'b');
      yield 6_000;
      expect(seen.values.flat()).toEqual(expected);
      expect(offsetStore.offsets.get('reader')).toBe(12n);
      seen.unsubscribe();
    });
  });

  it("until: 'end' is asked for anew; an end before the position is no empty rest", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const read = (onTruncated: 'fail' | 'beginning' | 'end'): Watch<string[]> =>
        watch(rig.client.consume('log', { from: 1000n, until: 'end', onTruncated }).pipe(autoAck(), map(textsIn)));
      const seen = [read('fail'), read('beginning'), read('end')];
      yield 10_000;
      expect(seen.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined]);
      yield 1_000;
      expect(seen.map(({ values, ended }) => [values, ended])).toEqual([
        [[], 'error'],
        [[['a', 'b']], 'complete'],
        [[], 'complete'],
      ]);
      expect(seen[0]?.error).toMatchObject({ code: 'LANCE_CATCHING_UP', serverOffset: 12n });
    });
  });

  it("until: 'end' of a follower that catches up in time is read", () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { from: 12n, until: 'end', onTruncated: 'beginning' });
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 3_000;
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['server'] }]);
      rig.append('log', 'b', 'c');
      yield 3_000;
      expect([seen.values, seen.ended]).toEqual([[['c']], 'complete']);
      expect(stream.metrics().truncations).toBe(0);
      status.unsubscribe();
    });
  });

  it('a server that is behind answers as it should: connections that break meanwhile are not counted together', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { reconnect: { initialMs: 20, maxMs: 20, maxAttempts: 2 } } });
      rig.append('log', 'a');
      const catchingUp = { attempts: Number.POSITIVE_INFINITY, pauseMs: 50 };
      const seen = watch(rig.client.consume('log', { from: 12n, catchingUp }).pipe(autoAck(), map(textsIn)));
      for (let drops = 0; drops < 5; drops++) {
        yield 200;
        rig.server.faults.dropConnections();
      }
      rig.append('log', 'b', 'c');
      yield 500;
      expect(seen.values).toEqual([['c']]);
      seen.unsubscribe();
    });
  });

  it('pause and patience are options', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('c', 'X')).toBe('60ms c 219ms (cX)');
      const seen = watch(rig.client.consume('log', { from: 1000n, catchingUp: { pauseMs: 200, attempts: 2 } }));
      yield 1_000;
      expect(seen.error).toBeInstanceOf(ServerCatchingUpError);
    });
  });

  it('attempts: Infinity keeps waiting', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const options = { from: 6n, catchingUp: { attempts: Number.POSITIVE_INFINITY }, onTruncated: 'end' } as const;
      rig.server.faults.catchUpOnNextFetches(100, 3);
      const seen = watch(rig.client.consume('log', options).pipe(autoAck(), map(textsIn)));
      yield 499_000;
      expect(seen.ended).toBeUndefined();
      rig.append('log', 'b');
      yield 10_000;
      expect(seen.values).toEqual([['b']]);
      seen.unsubscribe();
    });
  });

  it('a server that had it before is not catching up: however much comes, it has three answers', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const first = rig.append('log', ...'abcdefgh');
      const stream = rig.client.consume('log', { onTruncated: 'beginning' });
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 1_000;
      rig.server.faults.trimTopic('log', first - 6);
      for (let n = 0; n < 4; n++) {
        yield 3_000;
        rig.append('log', String(n));
      }
      yield 1_000;
      expect(stream.metrics().truncations).toBe(1);
      expect(seen.values.flat().join('')).toBe('abcdefghh0123');
      seen.unsubscribe();
    });
  });

  it('what comes to be at the position of before may be the middle of something else', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const first = rig.append('log', long('a').repeat(2));
      rig.append('log', long('b'));
      const stream = rig.client.consume('log');
      const seen = watch(stream.pipe(autoAck(), map(textsIn)));
      yield 200;
      rig.server.faults.trimTopic('log', first);
      yield 200;
      rig.append('log', 'c'.repeat(295));
      yield 6_000;
      expect(seen.error).toMatchObject({ code: 'LANCE_TRUNCATED', position: 295n });
    });
  });

  it('the record that was cut before is not completed with what comes to be there', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const cut = tlv(long('b'));
      rig.append('log', long('a'));
      rig.server.append('log', cut.subarray(0, 50));
      const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
      yield 200;
      rig.server.faults.trimTopic('log', 100);
      yield 200;
      rig.server.append('log', cut.subarray(50));
      rig.append('log', long('c'));
      yield 6_000;
      expect(seen.values.flat()).toEqual([long('a'), long('c')]);
      seen.unsubscribe();
    });
  });

  it('a node that knows nothing of the topic is no truncation', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      rig.server.faults.catchUpOnNextFetches(3, 0);
      const stream = rig.client.consume('log', { onTruncated: 'end' });
      const seen = watch(stream);
      yield 20_000;
      expect(seen.error).toBeInstanceOf(ServerCatchingUpError);
      expect(stream.metrics().truncations).toBe(0);
    });
  });
});
