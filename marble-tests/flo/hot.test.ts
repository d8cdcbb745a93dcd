import { map, mergeMap, take, timer } from 'rxjs';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

describe('several subscribers of queue.messages', () => {
  it('share one poll loop, and all see everything', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      const stream = messages(rig);
      expectWire(rig.wire.only('C', 'd', 'A', 'a', 'N', 'n', 'X')).toBe(
        'C 109ms d 19ms d 169ms (AN) 16ms (an) 1826ms X',
      );
      expectFate(stream).toBe('320ms (ad)');
      const first = watch(stream);
      const second = watch(stream);
      yield 100;
      rig.enqueue('q', 'a', 'b');
      yield 100;
      expect([valuesOf(first.values), valuesOf(second.values)]).toEqual([
        ['a', 'b'],
        ['a', 'b'],
      ]);
      for (const delivery of first.values) delivery.ack();
      yield 100;
      second.at(0).ack();
      second.at(1).dead();
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
      first.unsubscribe();
      second.unsubscribe();
    });
  });

  it('one who leaves early has its unsettled deliveries given back: they come again for the others', () => {
    marbles(function* ({ expectFate, flo, watch }) {
      const rig = flo();
      const stream = messages(rig);
      expectFate(stream).toBe('200ms x 1m 219ms a', {
        x: { fate: 'abandoned', attempt: 1 },
        a: { fate: 'acked', attempt: 2 },
      });
      const stays = watch(stream);
      const leaves = watch(stream.pipe(take(1)));
      yield 100;
      rig.enqueue('q', 'a');
      yield 100;
      expect(valuesOf(leaves.values)).toEqual(['a']);
      for (const delivery of stays.values) delivery.ack();
      yield 200;
      // Given back, it is one message with one lease.
      yield 60_000;
      for (const [, ...seqs] of rig.wire.touches) expect(seqs).toEqual([1]);
      // The early leaver had not decided: abandoned outranks ack.
      expect(stays.values.map(({ value, attempt }) => [value, attempt])).toEqual([
        ['a', 1],
        ['a', 2],
      ]);
      stays.at(1).ack();
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
      stays.unsubscribe();
    });
  });

  it('one who comes late sees what comes after; an observer has no vote', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      const observed = watch(stream.observe().pipe(map(({ value }) => value)));
      const first = watch(stream);
      yield 100;
      const late = watch(stream);
      rig.enqueue('q', 'b');
      yield 1_500;
      expect([valuesOf(first.values), valuesOf(late.values), observed.values]).toEqual([['a', 'b'], ['b'], ['a', 'b']]);
      for (const delivery of first.values) delivery.ack();
      for (const delivery of late.values) delivery.ack();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 2 });
      first.unsubscribe();
      yield 3_000;
      expect(rig.wire.open).toBe(1);
      late.unsubscribe();
      yield 3_000;
      expect(rig.wire.open).toBe(0);
    });
  });

  it('the worst vote wins', () => {
    marbles(function* ({ expectFate, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c', 'd');
      const stream = messages(rig);
      expectFate(stream).toBe('100ms n 19ms (ad) 76ms x');
      const first = watch(stream);
      const second = watch(stream);
      yield 100;
      for (const delivery of first.values) delivery.ack();
      second.at(0).ack();
      second.at(1).nack({ delayMs: 60_000 });
      second.at(2).dead();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 4, acked: 1, nacked: 1, dead: 1 });
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 2, dead: 1 });
      first.unsubscribe();
      second.unsubscribe();
    });
  });

  it.each(['ack', 'fail'] as const)('two crews at work on one queue, one of them slow: verdict %s', (verdict) => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      const texts = Array.from({ length: 40 }, (_, i) => String(i));
      rig.enqueue('q', ...texts);
      const stream = messages(rig, { window: { deliveries: 8 } });
      const fast = watch(stream.pipe(work((value) => value)));
      const slow = watch(
        stream.pipe(
          work(
            (value) =>
              timer(30).pipe(
                mergeMap(() => {
                  if (verdict === 'fail' && value === '20') throw new Error('no');
                  return [value];
                }),
              ),
            { concurrency: 4, onError: 'fail' },
          ),
        ),
      );
      yield 5_000;
      expect(new Set(fast.values)).toEqual(new Set(texts));
      const { delivered, acked, abandoned } = stream.fate();
      expect(delivered).toBe(acked + abandoned);
      expect(acked).toBe(40);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
      if (verdict === 'fail') expect(slow.error).toMatchObject({ code: 'HANDLER' });
      else expect(slow.values).toHaveLength(40);
      fast.unsubscribe();
      slow.unsubscribe();
    });
  });
});
