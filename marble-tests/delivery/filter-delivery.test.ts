import { HandlerError } from '../../src/observables/delivery/errors.js';
import type { DeliveryStream } from '../../src/observables/delivery/delivery-stream.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { marbles } from '../../src/testing.js';

const isLower = (value: string): boolean => value === value.toLowerCase();

describe('filterDelivery', () => {
  it('passes on what is wanted and acks the rest', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('      -aBcD|', undefined, { window: { deliveries: 1 } });
      const kept = source.pipe(filterDelivery(isLower), autoAck());

      expectObservable(kept).toBe('     -a-c-|');
      expectFate(source).toBe('         -afaf|', { f: { fate: 'acked', by: 'filterDelivery' } });
    });
  });

  it('acks what it drops with the result it was given', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-aBc|') as unknown as DeliveryStream<string, number>;
      source
        .pipe(
          filterDelivery(isLower, { result: 0 }),
          work((value) => value.charCodeAt(0)),
        )
        .subscribe();

      expectFate(source).toBe('-afc|', { a: { result: 97 }, f: { result: 0 }, c: { result: 99 } });
    });
  });

  it('narrows the type of what it keeps', () => {
    marbles(({ deliveries, expectObservable }) => {
      const isKnown = (value: string): value is 'a' | 'c' => isLower(value);
      const kept = deliveries('        -aBc|').pipe(
        filterDelivery(isKnown),
        work((value): 'a' | 'c' => value),
      );

      expectObservable(kept).toBe('    -a-c|');
    });
  });

  it('errors with a HandlerError when the predicate throws, and leaves the delivery unsettled', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const cause = new Error('no b');
      const source = deliveries('      -abc|', undefined, { name: 'log' });
      const broken = source.pipe(
        filterDelivery((value) => {
          if (value === 'b') throw cause;
          return true;
        }),
        autoAck(),
      );
      const error = new HandlerError('filterDelivery failed on lance:log@1, attempt 1: no b', {
        cause,
        context: { system: 'lance', name: 'log', position: 1n, attempt: 1 },
      });

      expectObservable(broken).toBe('  -a#', undefined, error);
      expectFate(source).toBe('        -ax', { x: { value: 'b', by: 'filterDelivery' } });
    });
  });
});
