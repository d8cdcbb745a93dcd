import type { Delivery, Settled } from 'sluice';
import { marbles } from 'sluice/testing';

describe('a delivery of a past epoch decides nothing', () => {
  it('its late ack is stale, and what comes again waits for its own', () => {
    const said: (Settled | undefined)[] = [];
    marbles(({ deliveries, at, expectFate }) => {
      const source = deliveries('-a');
      const handles: Delivery<string>[] = [];
      let reading = source.subscribe((delivery) => handles.push(delivery));
      at('5ms l-o--n', {
        l() {
          reading.unsubscribe();
          reading = source.subscribe((delivery) => handles.push(delivery));
        },
        o: () => said.push(handles[0]?.ack()),
        n() {
          said.push(handles[1]?.ack());
          reading.unsubscribe();
        },
      });

      expectFate(source).toBe('-----x----a', { x: { fate: 'abandoned', reason: 'unsubscribe', value: 'a' } });
    });
    expect(said).toEqual(['stale', 'settled']);
  });
});
