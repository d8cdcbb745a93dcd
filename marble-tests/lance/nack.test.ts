import { map } from 'rxjs';
import { marbles } from '../../src/testing.js';
import { SlowStore } from './slow-store.js';

describe('nack', () => {
  it('comes again after its delay, with its place in the window and the watermark held', () => {
    marbles(function* ({ expectCredit, expectFate, expectRecording, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a', 'b', 'c', 'd');
      const store = new SlowStore();
      const stream = rig.client.consume('log', {
        name: 'n',
        offsetStore: store,
        commitCount: 1,
        maxFetchBytes: 6,
        window: { deliveries: 2 },
      });
      expectFate(stream).toBe('    200ms (ab) 196ms c 899ms Ax', {
        a: { fate: 'nacked', position: 0n, attempt: 1 },
        b: { fate: 'acked', position: 6n },
        c: { fate: 'acked', position: 12n },
        A: { fate: 'acked', position: 0n, attempt: 2 },
        x: { fate: 'abandoned', position: 18n },
      });
      expectCredit(stream).toBe('2 39ms 1 19ms 0 1240ms 2');
      expectRecording(store).toBe('1300ms p', { p: 18 });
      const deliveries = watch(stream);
      const seen = watch(stream.observe().pipe(map(({ value, attempt }) => `${value.text(0)}${attempt}`)));
      // The place of `a` is held while it waits: of two, one is left for c and then d.
      expectRecording(seen).toBe('60ms a 19ms b 139ms c 199ms d 779ms A', {
        a: 'a1',
        b: 'b1',
        c: 'c1',
        d: 'd1',
        A: 'a2',
      });
      yield 200;
      expect(deliveries.at(0).nack({ delayMs: 1000 })).toBe('settled');
      deliveries.at(1).ack();
      yield 200;
      deliveries.at(2).ack();
      yield 900;
      expect(deliveries.at(0).ack()).toBe('again');
      deliveries.at(4).ack();
      yield 1;
      seen.unsubscribe();
      deliveries.unsubscribe();
      expect(stream.fate()).toMatchObject({ delivered: 5, acked: 3, nacked: 1, dead: 0, abandoned: 1, late: 1 });
    });
  });

  it('is not fetched again: the batch is kept', () => {
    marbles(function* ({ expectFate, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const stream = rig.client.consume('log', { until: 'end' });
      expectWire(rig.wire.only('F', 'f')).toBe('40ms F 19ms (fF) 16ms f');
      expectFate(stream).toBe('100ms nnnnn(a|)');
      const deliveries = watch(stream);
      yield 100;
      for (let i = 0; i < 5; i++) {
        deliveries.at(i).nack();
        yield 1;
      }
      expect(deliveries.values.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(deliveries.values.map(({ value }) => value)).size).toBe(1);
      deliveries.at(5).ack();
      yield 1;
      expect(deliveries.ended).toBe('complete');
    });
  });

  it('a reconnect changes nothing for what waits to come again', () => {
    marbles(function* ({ expectRecording, expectWire, lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      expectWire(rig.wire.only('C', 'x', 'f')).toBe(
        'C 59ms f 19ms f 29ms x 99ms C 19ms x 199ms C 19ms x 399ms C 19ms x',
      );
      const deliveries = watch(rig.client.consume('log'));
      expectRecording(deliveries).toBe('60ms a 539ms A', {
        ...{ a: expect.objectContaining({ attempt: 1 }), A: expect.objectContaining({ attempt: 2 }) },
      });
      yield 100;
      deliveries.at(0).nack({ delayMs: 500 });
      rig.stop();
      yield 1000;
      deliveries.unsubscribe();
    });
  });
});
