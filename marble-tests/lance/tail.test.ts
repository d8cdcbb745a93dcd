import { map, mergeMap, retry, take, throwError, timer } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { marbles } from '../../src/testing.js';
import { textsIn } from './records.js';

describe('tail of a topic', () => {
  it('begins at the end; its subscribers share one connection, which the last one closes', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'old');
      expectWire(rig.wire.only('C', 'L', 'X')).toBe('C 19ms L 479ms X');
      const stream = rig.client.tail('log');
      const texts = stream.pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
      );
      const first = watch(texts);
      yield 100;
      const second = watch(texts);
      yield 150;
      rig.append('log', 'a');
      yield 100;
      expect([first.values, second.values]).toEqual([['a'], ['a']]);
      first.unsubscribe();
      yield 150;
      second.unsubscribe();
    });
  });

  it('from an offset, and from the beginning', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b');
      const seen = [
        watch(rig.client.tail('log', { from: 'beginning' }).pipe(autoAck(), map(textsIn))),
        watch(rig.client.tail('log', { from: 6n }).pipe(autoAck(), map(textsIn))),
      ];
      yield 200;
      expect(seen.map(({ values }) => values)).toEqual([[['a', 'b']], [['b']]]);
      for (const each of seen) each.unsubscribe();
    });
  });

  it('the worst vote wins: one nack, and the batch comes again for both', () => {
    marbles(function* ({ expectFate, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.tail('log', { from: 'beginning' });
      expectFate(stream).toBe('100ms n 99ms a');
      const first = watch(stream);
      const second = watch(stream);
      yield 100;
      first.at(0).ack();
      second.at(0).nack({ delayMs: 50 });
      yield 100;
      expect([first, second].map(({ values }) => values.map(({ attempt }) => attempt))).toEqual([
        [1, 2],
        [1, 2],
      ]);
      first.at(1).ack();
      second.at(1).ack();
      yield 10;
      expect(stream.fate()).toMatchObject({ delivered: 2, nacked: 1, acked: 1, abandoned: 0 });
      first.unsubscribe();
      second.unsubscribe();
    });
  });

  it('what one leaves unsettled comes again for the others, and the position does not stand still', () => {
    marbles(function* ({ expectFate, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.tail('log', { from: 'beginning' });
      expectFate(stream).toBe('100ms x 99ms b 99ms a', {
        x: { fate: 'abandoned', attempt: 1 },
        b: { fate: 'acked', attempt: 2 },
      });
      const stays = watch(stream);
      const leaves = watch(stream.pipe(take(1)));
      yield 100;
      expect(leaves.ended).toBe('complete');
      expect(stays.at(0).ack()).toBe('settled');
      yield 100;
      expect(stays.values.map(({ value, attempt }) => [textsIn(value), attempt])).toEqual([
        [['a'], 1],
        [['a'], 2],
      ]);
      expect(leaves.at(0).ack()).toBe('stale');
      stays.at(1).ack();
      rig.append('log', 'b');
      yield 100;
      stays.at(2).ack();
      yield 1;
      expect(stream.metrics().position).toBe(12n);
      expect(stream.fate()).toMatchObject({ delivered: 3, acked: 2, abandoned: 1 });
      stays.unsubscribe();
    });
  });

  it('what was abandoned stays so, for those who look later, though it has come again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.tail('log', { from: 'beginning' });
      const leaves = watch(stream);
      yield 100;
      const stays = watch(stream);
      const observed = watch(stream.observe());
      const delivery = leaves.at(0);
      leaves.unsubscribe();
      expect([delivery.signal.aborted, delivery.ack()]).toEqual([true, 'stale']);
      yield 150;
      expect(stays.values.map(({ attempt }) => attempt)).toEqual([2]);
      expect(delivery.ack()).toBe('stale');
      expect(watch(delivery.outcome$).values).toEqual([{ fate: 'abandoned' }]);
      stays.at(0).nack();
      yield 1;
      expect(watch(stays.at(0).outcome$).values).toEqual([{ fate: 'nacked' }]);
      expect([stays.at(0).ack(), stays.at(0).signal.aborted]).toEqual(['again', false]);
      expect(observed.at(0).signal.aborted).toBe(false);
      stays.unsubscribe();
      observed.unsubscribe();
    });
  });

  it('a subscriber that fails and comes back gets again what its neighbour had acked', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const stream = rig.client.tail('log', { from: 'beginning' });
      rig.append('log', 'a');
      const neighbour = watch(stream.pipe(autoAck(), map(textsIn)));
      let tries = 0;
      const failing = watch(
        stream.pipe(
          mergeMap((delivery) => {
            if (++tries < 3) return throwError(() => new Error('no'));
            delivery.ack();
            return [textsIn(delivery.value)];
          }),
          retry({ delay: () => timer(20) }),
        ),
      );
      yield 2_000;
      expect(failing.values).toEqual([['a']]);
      // Twice it was left undecided: after 100 ms it came again, and then after 200.
      expect(neighbour.atMs).toEqual([60, 160, 360]);
      expect(stream.fate()).toMatchObject({ delivered: 3, acked: 1, abandoned: 2 });
      neighbour.unsubscribe();
      failing.unsubscribe();
    });
  });

  it('with a name it goes on where all had settled', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const offsetStore = new MemoryOffsetStore();
      rig.append('log', 'a', 'b');
      const options = { name: 'reader', from: 'beginning', offsetStore, maxFetchBytes: 6 } as const;
      const stream = rig.client.tail('log', options);
      const first = watch(stream);
      const second = watch(stream);
      yield 200;
      first.at(0).ack();
      first.at(1).ack();
      second.at(0).ack();
      first.unsubscribe();
      second.unsubscribe();
      yield 100;
      const again = watch(rig.client.tail('log', options).pipe(autoAck(), map(textsIn)));
      yield 200;
      expect(again.values).toEqual([['b']]);
      again.unsubscribe();
    });
  });

  it('one that never decides holds all back at the window, and status$ says who', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', ...Array.from({ length: 100 }, () => 'x'.repeat(95)));
      const window = new Window({ deliveries: 3, bytes: 1000 });
      const stream = rig.client.tail('log', { from: 'beginning', maxFetchBytes: 200, window });
      const quick = watch(stream.pipe(autoAck()));
      const never = watch(stream);
      yield 5_000;
      expect([quick.values.length, never.values.length]).toEqual([3, 3]);
      expect(rig.server.counters.bytesFetched).toBeLessThanOrEqual(1000);
      const status = watch(stream.status$);
      expect(status.values).toMatchObject([{ state: 'paused', reasons: ['window'] }]);
      expect(status.at(0).detail).toContain('1 of 2 have voted');
      never.unsubscribe();
      yield 5_000;
      // It has left all three to the other one, which gets them again.
      expect(quick.values.length).toBeGreaterThan(50);
      expect(stream.metrics().position).toBe(10_000n);
      quick.unsubscribe();
    });
  });

  it('a drain completes all of its subscribers', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.tail('log', { from: 'beginning' });
      const seen = [watch(stream), watch(stream)];
      yield 100;
      const report = watch(stream.drain({ deadlineMs: 1_000 }));
      for (const each of seen) each.at(0).ack();
      yield 100;
      expect(seen.map(({ ended }) => ended)).toEqual(['complete', 'complete']);
      expect(report.values).toMatchObject([{ delivered: 1, acked: 1 }]);
    });
  });
});
