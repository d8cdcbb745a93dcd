import { merge } from 'rxjs';
import { HandlerError } from '../../src/observables/delivery/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { DUTY } from '../../src/observables/delivery/types.js';
import { marbles } from '../../src/testing.js';

describe('mapDelivery', () => {
  it('changes the value and carries the duty along', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('         -a-bc|');
      const upper = source.pipe(
        mapDelivery((value) => value.toUpperCase()),
        autoAck(),
      );

      expectObservable(upper).toBe('          -A-BC|');
      expectFate(source).toBe('               -a-aa|');
    });
  });

  it('keeps source, attempt, signal and outcome of its parent', () => {
    const seen: unknown[] = [];
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-ab|', undefined, { name: 'log' });
      source
        .pipe(
          mapDelivery((value, parent) => ({ value, parent })),
          mapDelivery((wrapped) => wrapped),
        )
        .subscribe((delivery) => {
          const { value, parent } = delivery.value;
          const same = delivery[DUTY] === parent[DUTY] && delivery.signal === parent.signal;
          delivery.outcome$.subscribe(({ fate }) => seen.push(fate));
          seen.push([value, delivery.source, delivery.attempt, same]);
          if (value === 'b' && delivery.attempt === 1) delivery.nack({ delayMs: 3 });
          else delivery.ack();
          seen.push(parent.ack());
        });

      expectFate(source).toBe('-an--(a|)');
    });
    const from = (position: bigint) => ({ system: 'lance', name: 'log', position });
    expect(seen).toEqual([
      ...[['a', from(0n), 1, true], 'again', 'acked'],
      ...[['b', from(1n), 1, true], 'again', 'nacked'],
      ...[['b', from(1n), 2, true], 'again', 'acked'],
    ]);
  });

  it('errors with a HandlerError when the projection throws, and leaves the delivery unsettled', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const cause = new Error('no b');
      const source = deliveries('         -abc|', undefined, { name: 'log' });
      const broken = source.pipe(
        mapDelivery((value) => {
          if (value === 'b') throw cause;
          return value;
        }),
        autoAck(),
      );
      const error = new HandlerError('mapDelivery failed on lance:log@1, attempt 1: no b', {
        cause,
        context: { system: 'lance', name: 'log', position: 1n, attempt: 1 },
      });

      expectObservable(broken).toBe('         -a#', undefined, error);
      expectFate(source).toBe('               -ax', { x: { value: 'b', by: 'mapDelivery' } });
    });
  });

  it('works on a merge of streams: each delivery knows its own session', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const slow = deliveries('        ---a--b---|');
      const fast = deliveries('        --x-y-(z|)');
      const both = merge(slow, fast).pipe(
        mapDelivery((value) => value.toUpperCase()),
        autoAck(),
      );

      expectObservable(both).toBe('       --XAY-(BZ)|');
      expectFate(slow).toBe('             ---a--a---|');
      expectFate(fast).toBe('             --a-a-(a|)');
    });
  });
});
