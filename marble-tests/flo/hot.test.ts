import { map, mergeMap, take, timer } from 'rxjs';
import { work } from '../../src/observables/delivery/operators/work.js';
import { virtually } from '../../tests/embedded/script.js';
import { Deliveries, Scene, valuesOf, Watch } from './scene.js';

describe('several subscribers of queue.messages', () => {
  it('share one poll loop, and all see everything', () => {
    virtually(function* () {
      const scene = new Scene();
      const stream = scene.messages();
      const first = new Deliveries(stream);
      const second = new Deliveries(stream);
      yield 100;
      scene.enqueue('a', 'b');
      yield 100;
      expect([valuesOf(first.values), valuesOf(second.values)]).toEqual([
        ['a', 'b'],
        ['a', 'b'],
      ]);
      expect(scene.wire.connectedAtMs).toHaveLength(1);
      first.ackAll();
      yield 100;
      expect(scene.wire.acks).toEqual([]);
      second.at(0).ack();
      second.at(1).dead();
      yield 100;
      expect(scene.queue).toEqual({ ready: 0, leased: 0, dead: 1 });
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1, dead: 1 });
      first.unsubscribe();
      second.unsubscribe();
    });
  });

  it('one who leaves early has its unsettled deliveries given back: they come again for the others', () => {
    virtually(function* () {
      const scene = new Scene();
      const stream = scene.messages();
      const stays = new Deliveries(stream);
      const leaves = new Deliveries(stream.pipe(take(1)));
      yield 100;
      scene.enqueue('a');
      yield 100;
      expect(valuesOf(leaves.values)).toEqual(['a']);
      stays.ackAll();
      yield 200;
      // Given back, it is one message with one lease.
      yield 60_000;
      for (const [, ...seqs] of scene.wire.touches) expect(seqs).toEqual([1]);
      // The early leaver had not decided: abandoned outranks ack.
      expect(stays.values.map(({ value, attempt }) => [value, attempt])).toEqual([
        ['a', 1],
        ['a', 2],
      ]);
      stays.at(1).ack();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1 });
      expect(scene.queue).toEqual({ ready: 0, leased: 0, dead: 0 });
      stays.unsubscribe();
    });
  });

  it('one who comes late sees what comes after; an observer has no vote', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const stream = scene.messages();
      const observed = new Watch(stream.observe().pipe(map(({ value }) => value)));
      const first = new Deliveries(stream);
      yield 100;
      const late = new Deliveries(stream);
      scene.enqueue('b');
      yield 1_500;
      expect([valuesOf(first.values), valuesOf(late.values), observed.values]).toEqual([['a', 'b'], ['b'], ['a', 'b']]);
      first.ackAll();
      late.ackAll();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 2 });
      first.unsubscribe();
      yield 3_000;
      expect(scene.wire.open).toBe(1);
      late.unsubscribe();
      yield 3_000;
      expect(scene.wire.open).toBe(0);
    });
  });

  it('the worst vote wins', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c', 'd');
      const stream = scene.messages();
      const first = new Deliveries(stream);
      const second = new Deliveries(stream);
      yield 100;
      first.ackAll();
      second.at(0).ack();
      second.at(1).nack({ delayMs: 60_000 });
      second.at(2).dead();
      yield 100;
      expect(stream.fate()).toMatchObject({ delivered: 4, acked: 1, nacked: 1, dead: 1 });
      expect(scene.queue).toEqual({ ready: 0, leased: 2, dead: 1 });
      first.unsubscribe();
      second.unsubscribe();
    });
  });

  it.each(['ack', 'fail'] as const)('two crews at work on one queue, one of them slow: verdict %s', (verdict) => {
    virtually(function* () {
      const scene = new Scene();
      const texts = Array.from({ length: 40 }, (_, i) => String(i));
      scene.enqueue(...texts);
      const stream = scene.messages({ window: { deliveries: 8 } });
      const fast = new Watch(stream.pipe(work((value) => value)));
      const slow = new Watch(
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
      expect(scene.queue).toEqual({ ready: 0, leased: 0, dead: 0 });
      if (verdict === 'fail') expect(slow.error).toMatchObject({ code: 'HANDLER' });
      else expect(slow.values).toHaveLength(40);
      fast.unsubscribe();
      slow.unsubscribe();
    });
  });
});
