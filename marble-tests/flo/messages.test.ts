import { map } from 'rxjs';
import { virtually } from '../../tests/embedded/script.js';
import { Deliveries, Scene, valuesOf, Watch } from './scene.js';

describe('queue.messages', () => {
  it('delivers what is in the queue; an ack is told the server and then gives its place back', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b');
      const stream = scene.messages();
      const seen = new Deliveries(stream);
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      expect(seen.values.map(({ source, attempt }) => [source, attempt])).toEqual([
        [{ system: 'flo', name: 'q', position: 1n }, 1],
        [{ system: 'flo', name: 'q', position: 2n }, 1],
      ]);
      expect(scene.queue).toEqual({ ready: 0, leased: 2, dead: 0 });
      expect(seen.at(0).ack()).toBe('settled');
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 0 });
      yield 25;
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1 });
      expect(scene.queue).toEqual({ ready: 0, leased: 1, dead: 0 });
      seen.unsubscribe();
    });
  });

  it('acks of one turn are one request', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c');
      const seen = new Deliveries(scene.messages());
      yield 100;
      seen.ackAll();
      yield 30;
      expect(scene.wire.acks).toEqual([[100, 1, 2, 3]]);
      expect(scene.queue).toEqual({ ready: 0, leased: 0, dead: 0 });
      seen.unsubscribe();
    });
  });

  it('polls for as many as there is room for, and one at a time while the queue is empty', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c', 'd', 'e', 'f');
      const seen = new Deliveries(scene.messages({ window: { deliveries: 4 } }));
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd']);
      expect(scene.wire.polls).toEqual([
        [20, 1],
        [40, 3],
      ]);
      seen.ackAll();
      yield 1_000;
      seen.at(4).ack();
      seen.at(5).ack();
      yield 3_000;
      expect(scene.wire.polls.slice(2, 6)).toEqual([
        [1_020, 4],
        [1_040, 1],
        [2_060, 1],
        [3_080, 1],
      ]);
      seen.unsubscribe();
    });
  });

  it('a nack gives back at once, and the message comes again with its count', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const stream = scene.messages();
      const seen = new Deliveries(stream);
      yield 100;
      seen.at(0).nack();
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'a']);
      expect(seen.at(1).attempt).toBe(2);
      expect(scene.wire.nacks).toEqual([[100, 1]]);
      expect(stream.fate()).toMatchObject({ delivered: 2, nacked: 1 });
      seen.unsubscribe();
    });
  });

  it('a nack with a delay is kept here under its lease: at most half a window, the rest goes back', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c', 'd');
      const seen = new Deliveries(scene.messages({ window: { deliveries: 4 }, visibilityTimeoutMs: 1_000 }));
      yield 100;
      for (const delivery of seen.values) delivery.nack({ delayMs: 5_000 });
      yield 30;
      expect(scene.wire.nacks).toEqual([[100, 3, 4]]);
      yield 3_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd', 'c', 'd']);
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd', 'c', 'd', 'a', 'b']);
      expect(scene.server.counters.queues.leasesExpired).toBe(0);
      seen.unsubscribe();
    });
  });

  it('dead goes to the dead letters', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      const stream = scene.messages();
      const seen = new Deliveries(stream);
      yield 100;
      seen.at(0).dead({ reason: 'rotten' });
      yield 30;
      expect(scene.queue).toEqual({ ready: 0, leased: 0, dead: 1 });
      expect(stream.fate()).toMatchObject({ delivered: 1, dead: 1 });
      seen.unsubscribe();
    });
  });

  it('what is unsettled when the subscriber leaves is given back, with one request', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c');
      const stream = scene.messages();
      const seen = new Deliveries(stream);
      yield 100;
      seen.at(1).ack();
      yield 30;
      seen.unsubscribe();
      yield 1_500;
      // The poll that was out has come back empty: it would only have taken them again.
      expect(scene.wire.nacks).toEqual([[1_080, 1, 3]]);
      expect(scene.queue).toEqual({ ready: 2, leased: 0, dead: 0 });
      expect(stream.fate()).toEqual({ delivered: 3, acked: 1, nacked: 0, dead: 0, abandoned: 2, late: 0 });
    });
  });

  it('a poll that is out when the subscriber leaves is awaited, and what it brings given back', () => {
    virtually(function* () {
      const scene = new Scene();
      const seen = new Deliveries(scene.messages());
      yield 500;
      seen.unsubscribe();
      yield 100;
      scene.enqueue('a');
      yield 100;
      expect(scene.queue).toEqual({ ready: 1, leased: 0, dead: 0 });
      expect(scene.wire.polls).toHaveLength(1);
      expect(scene.wire.nacks).toEqual([[610, 1]]);
    });
  });

  it('a lease is renewed for many at once, until the delivery is too old', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b');
      const stream = scene.messages({ visibilityTimeoutMs: 1_000, maxLeaseMs: 3_000, window: { deliveries: 2 } });
      const seen = new Deliveries(stream);
      let aborted = false;
      yield 100;
      seen.at(0).signal.addEventListener('abort', () => (aborted = true));
      yield 2_900;
      expect(scene.wire.touches.map(([, ...seqs]) => seqs)).toEqual([[1, 2], [1, 2], [1, 2], [1, 2], [2]]);
      expect([valuesOf(seen.values), aborted]).toEqual([['a', 'b'], false]);
      yield 200;
      expect(aborted).toBe(true);
      expect(seen.at(0).ack()).toBe('stale');
      expect(stream.fate()).toMatchObject({ abandoned: 2, late: 1 });
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'a', 'b']);
      seen.unsubscribe();
    });
  });

  it('the lease of a message that was long on its way is renewed sooner', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a');
      scene.server.faults.delayNextAnswers(1, 300, 'queue.dequeue');
      const seen = new Deliveries(scene.messages({ visibilityTimeoutMs: 1_000 }));
      yield 1_000;
      // Here at 340; the lease is taken to have begun a tenth of it earlier, at 240.
      expect(scene.wire.touches[0]).toEqual([740, 1]);
      seen.unsubscribe();
    });
  });

  it('what is settled is renewed no more', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.enqueue('a', 'b', 'c', 'd');
      const seen = new Deliveries(scene.messages({ visibilityTimeoutMs: 1_000, window: { deliveries: 4 } }));
      yield 100;
      seen.at(0).ack();
      seen.at(1).dead();
      seen.at(2).nack();
      yield 300;
      seen.at(4).ack();
      yield 2_000;
      expect(new Set(scene.wire.touches.flatMap(([, ...seqs]) => seqs))).toEqual(new Set([4]));
      seen.unsubscribe();
    });
  });

  it('values are decoded when they are read', () => {
    virtually(function* () {
      const scene = new Scene();
      scene.server.enqueue('q', new Uint8Array([0xff]));
      scene.enqueue('fine');
      const seen = new Watch(scene.messages().pipe(map((delivery) => delivery)));
      yield 100;
      expect(seen.values).toHaveLength(2);
      expect(() => seen.values[0]?.value).toThrow(expect.objectContaining({ code: 'PAYLOAD' }));
      expect(seen.values[1]?.value).toBe('fine');
      seen.unsubscribe();
    });
  });
});
