import { marbles } from '../../src/testing.js';
import { SlowStore } from './slow-store.js';

describe('nack', () => {
  it('comes again after its delay, with its place in the window and the watermark held', () => {
    marbles(function* ({ lance, watch }) {
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
      const deliveries = watch(stream);
      const seen = (): string[] => deliveries.values.map(({ value, attempt }) => `${value.text(0)}${attempt}`);
      yield 200;
      expect(deliveries.at(0).nack({ delayMs: 1000 })).toBe('settled');
      deliveries.at(1).ack();
      yield 200;
      // Its credit is held: of two, one is left for c and then d.
      expect(seen()).toEqual(['a1', 'b1', 'c1']);
      deliveries.at(2).ack();
      yield 200;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1']);
      expect(store.saved).toEqual([]);
      yield 599;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1']);
      yield 2;
      expect(seen()).toEqual(['a1', 'b1', 'c1', 'd1', 'a2']);
      expect(deliveries.at(0).ack()).toBe('again');
      deliveries.at(4).ack();
      yield 1;
      expect(store.saved).toEqual([18]);
      deliveries.unsubscribe();
      expect(stream.fate()).toMatchObject({ delivered: 5, acked: 3, nacked: 1, dead: 0, abandoned: 1, late: 1 });
    });
  });

  it('is not fetched again: the batch is kept', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const deliveries = watch(rig.client.consume('log', { to: 'end' }));
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
      expect(rig.server.counters.bytesFetched).toBe(6);
    });
  });

  it('a reconnect changes nothing for what waits to come again', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      rig.append('log', 'a');
      const deliveries = watch(rig.client.consume('log'));
      yield 100;
      deliveries.at(0).nack({ delayMs: 500 });
      rig.stop();
      yield 1000;
      expect(deliveries.values.map(({ attempt }) => attempt)).toEqual([1, 2]);
      deliveries.unsubscribe();
    });
  });
});
