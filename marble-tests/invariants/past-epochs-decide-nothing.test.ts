import type { Delivery } from 'sluice';
import { marbles } from 'sluice/testing';

describe('a delivery of a past epoch decides nothing', () => {
  it('its late ack is stale, and what comes again waits for its own', () => {
    marbles(function* ({ deliveries, expectFate, watch }) {
      const source = deliveries('-a');
      let old: Delivery<string> | undefined;
      const first = watch(source, (delivery) => (old = delivery));
      yield 5;
      first.unsubscribe();
      const second = watch(source);
      yield 3;
      expect(old?.ack()).toBe('stale');
      yield 2;
      expect(second.at(0).ack()).toBe('settled');
      second.unsubscribe();

      expectFate(source).toBe('-----x----a', { x: { fate: 'abandoned', reason: 'unsubscribe', value: 'a' } });
      expect(source.fate()).toMatchObject({ delivered: 2, acked: 1, abandoned: 1, late: 1 });
    });
  });
});
