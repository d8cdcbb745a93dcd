import { map } from 'rxjs';
import { marbles } from '../../src/testing.js';
import { messages, queueOf, valuesOf } from './queue-q.js';

describe('queue.messages', () => {
  it('delivers what is in the queue; an ack is told the server and then gives its place back', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig);
      expectWire(rig.wire).toBe('C 19ms (oD) 16ms (dD) 16ms (dD) 36ms A 19ms a 959ms (zN) 16ms n 999ms X', {
        A: { name: 'Ack', seqs: [1] },
        N: { name: 'Nack', seqs: [2] },
      });
      expectFate(stream).toBe('120ms a----x', {
        a: { fate: 'acked', value: 'a' },
        x: { fate: 'abandoned', value: 'b', reason: 'unsubscribe' },
      });
      const seen = watch(stream);
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'b']);
      expect(seen.values.map(({ source, attempt }) => [source, attempt])).toEqual([
        [{ system: 'flo', name: 'q', position: 1n }, 1],
        [{ system: 'flo', name: 'q', position: 2n }, 1],
      ]);
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 2, dead: 0 });
      expect(seen.at(0).ack()).toBe('settled');
      yield 25;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 1, dead: 0 });
      seen.unsubscribe();
    });
  });

  it('acks of one turn are one request', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      expectWire(rig.wire.only('Ack', 'Acked')).toBe('100ms A 19ms a', { A: { name: 'Ack', seqs: [1, 2, 3] } });
      const seen = watch(messages(rig));
      yield 100;
      for (const delivery of seen.values) delivery.ack();
      yield 30;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 0 });
      seen.unsubscribe();
    });
  });

  it('polls for as many as there is room for, and one at a time while the queue is empty', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      const asking = (count: number): object => ({ name: 'Dequeue', count });
      expectWire(rig.wire.only('Dequeue')).toBe('20ms 1 19ms 3 979ms 4 19ms 1 1019ms 1 1019ms 1 1019ms 1', {
        1: asking(1),
        3: asking(3),
        4: asking(4),
      });
      rig.enqueue('q', 'a', 'b', 'c', 'd', 'e', 'f');
      const seen = watch(messages(rig, { window: { deliveries: 4 } }));
      yield 1_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd']);
      for (const delivery of seen.values) delivery.ack();
      yield 1_000;
      seen.at(4).ack();
      seen.at(5).ack();
      yield 3_000;
      seen.unsubscribe();
    });
  });

  it('a nack gives back at once, and the message comes again with its count', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire.only('Nack', 'Nacked')).toBe('100ms N 19ms n 1019ms N 19ms n');
      expectFate(stream).toBe('120ms n 79ms x', { x: { fate: 'abandoned', value: 'a', attempt: 2 } });
      const seen = watch(stream);
      yield 100;
      seen.at(0).nack();
      yield 100;
      expect(valuesOf(seen.values)).toEqual(['a', 'a']);
      expect(seen.at(1).attempt).toBe(2);
      seen.unsubscribe();
    });
  });

  it('a nack with a delay is kept here under its lease: at most half a window, the rest goes back', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c', 'd');
      const seen = watch(messages(rig, { window: { deliveries: 4 }, visibilityTimeoutMs: 1_000 }));
      yield 100;
      for (const delivery of seen.values) delivery.nack({ delayMs: 5_000 });
      yield 30;
      expect(rig.wire.nacks).toEqual([[100, 3, 4]]);
      yield 3_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd', 'c', 'd']);
      yield 2_000;
      expect(valuesOf(seen.values)).toEqual(['a', 'b', 'c', 'd', 'c', 'd', 'a', 'b']);
      expect(rig.server.counters.queues.leasesExpired).toBe(0);
      seen.unsubscribe();
    });
  });

  it('dead goes to the dead letters', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      const stream = messages(rig);
      expectWire(rig.wire.only('Nack', 'Nacked')).toBe('100ms N 19ms n', {
        N: { name: 'Nack', seqs: [1], toDlq: true },
      });
      expectFate(stream).toBe('120ms d', { d: { fate: 'dead', value: 'a', reason: 'rotten' } });
      const seen = watch(stream);
      yield 100;
      seen.at(0).dead({ reason: 'rotten' });
      yield 30;
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 0, dead: 1 });
      seen.unsubscribe();
    });
  });

  it('what is unsettled when the subscriber leaves is given back, with one request', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c');
      const stream = messages(rig);
      // The poll that was out comes back empty before: it would only have taken them again.
      expectWire(rig.wire.only('Nack', 'NoMessages')).toBe('1080ms (zN)', { N: { name: 'Nack', seqs: [1, 3] } });
      expectFate(stream).toBe('120ms a 9ms (xx)', { a: { fate: 'acked', value: 'b' } });
      const seen = watch(stream);
      yield 100;
      seen.at(1).ack();
      yield 30;
      seen.unsubscribe();
      yield 1_500;
      expect(queueOf(rig)).toEqual({ ready: 2, leased: 0, dead: 0 });
      expect(stream.fate()).toEqual({ delivered: 3, acked: 1, nacked: 0, dead: 0, abandoned: 2, late: 0 });
    });
  });

  it('a poll that is out when the subscriber leaves is awaited, and what it brings given back', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      expectWire(rig.wire).toBe('C 19ms (oD) 586ms (dN) 16ms n 999ms X');
      const seen = watch(messages(rig));
      yield 500;
      seen.unsubscribe();
      yield 100;
      rig.enqueue('q', 'a');
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('a lease is renewed for many at once, until the delivery is too old', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000, maxLeaseMs: 3_000, window: { deliveries: 2 } });
      expectWire(rig.wire.only('Touch')).toBe('520ms T 499ms T 499ms T 499ms T 499ms U 999ms V 419ms V', {
        T: { name: 'Touch', seqs: [1, 2] },
        U: { name: 'Touch', seqs: [2] },
        V: 'Touch',
      });
      expectFate(stream).toBe('3020ms x 19ms y 1159ms (zz)', {
        x: { fate: 'abandoned', value: 'a', reason: 'lease' },
        y: { fate: 'abandoned', value: 'b', reason: 'lease' },
        z: { fate: 'abandoned', attempt: 2, reason: 'unsubscribe' },
      });
      const seen = watch(stream);
      let aborted = false;
      yield 100;
      seen.at(0).signal.addEventListener('abort', () => (aborted = true));
      yield 2_900;
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
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a');
      rig.server.faults.delayNextAnswers(1, 300, 'queue.dequeue');
      expectWire(rig.wire.only('D', 'd', 'T', 't')).toBe('20ms D 319ms (dD) 396ms T 19ms t');
      const seen = watch(messages(rig, { visibilityTimeoutMs: 1_000 }));
      yield 1_000;
      // Here at 340; the lease is taken to have begun a tenth of it earlier, at 240.
      seen.unsubscribe();
    });
  });

  it('what is settled is renewed no more', () => {
    marbles(function* ({ expectFate, expectWire, flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b', 'c', 'd');
      const stream = messages(rig, { visibilityTimeoutMs: 1_000, window: { deliveries: 4 } });
      expectWire(rig.wire.only('A', 'N', 'T')).toBe('100ms (ANN) 295ms A 119ms T 499ms T 499ms T 499ms T 1019ms N', {
        T: { name: 'Touch', seqs: [4] },
      });
      expectFate(stream).toBe('120ms (and) 295ms a 1979ms x');
      const seen = watch(stream);
      yield 100;
      seen.at(0).ack();
      seen.at(1).dead();
      seen.at(2).nack();
      yield 300;
      seen.at(4).ack();
      yield 2_000;
      seen.unsubscribe();
    });
  });

  it('values are decoded when they are read', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.server.enqueue('q', new Uint8Array([0xff]));
      rig.enqueue('q', 'fine');
      const seen = watch(messages(rig).pipe(map((delivery) => delivery)));
      yield 100;
      expect(seen.values).toHaveLength(2);
      expect(() => seen.values[0]?.value).toThrow(expect.objectContaining({ code: 'PAYLOAD' }));
      expect(seen.values[1]?.value).toBe('fine');
      seen.unsubscribe();
    });
  });
});
