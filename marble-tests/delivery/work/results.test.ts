import { concat, EMPTY, map, of, take, timer } from 'rxjs';
import type { DeliveryStream } from '../../../src/observables/delivery/delivery-stream.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { marbles } from '../../../src/testing.js';
import { later } from '../support/later.js';

describe('work: results', () => {
  it('takes a value for the result', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -a-bc|');
      const handled = source.pipe(work((value) => value.toUpperCase()));

      expectObservable(handled).toBe('-A-BC|');
      expectFate(source).toBe('      -a-aa|', { a: { fate: 'acked', by: 'work' } });
    });
  });

  it('takes an array for a value', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('    -a|').pipe(work((value) => [value, value]));

      expectObservable(handled).toBe('-x|', { x: ['a', 'a'] });
    });
  });

  it('takes what a promise resolves to', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|');
      const handled = source.pipe(work((value) => later(2, value.toUpperCase())));

      expectObservable(handled).toBe('---A-(B|)');
      expectFate(source).toBe('      ---a-(a|)');
    });
  });

  it('takes the last value of an Observable, when it completes', () => {
    marbles(({ deliveries, expectObservable }) => {
      const lasting2 = (value: string) => concat(of(1), timer(2).pipe(map(() => value.toUpperCase())));
      const handled = deliveries('    -ab|').pipe(work(lasting2));

      expectObservable(handled).toBe('---A-(B|)');
    });
  });

  it('takes an empty Observable for undefined', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('    -a|').pipe(work(() => EMPTY));

      expectObservable(handled).toBe('-u|', { u: undefined });
    });
  });

  it('emits one result per delivery it has acked, none for what the handler decided itself', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|');
      const handled = source.pipe(
        work((value, { delivery }) => {
          if (value === 'b') delivery.dead({ reason: 'not mine' });
          return value;
        }),
      );

      expectObservable(handled).toBe('-a-c|');
      expectFate(source).toBe('      -ada|', { d: { fate: 'dead', reason: 'not mine' } });
    });
  });

  it('acks with the result', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-ab|') as unknown as DeliveryStream<string, string>;
      source.pipe(work((value) => value.toUpperCase())).subscribe();

      expectFate(source).toBe('  -ab|', { a: { result: 'A' }, b: { result: 'B' } });
    });
  });

  it('settles before it emits: take(n) never abandons a success', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                          -ab---c|', undefined, { hot: true });
      const handled = source.pipe(work((value) => value));

      expectObservable(handled.pipe(take(2))).toBe('    -a(b|)');
      expectObservable(handled, '     ----^         ').toBe('------c|');
      expectFate(source).toBe('                            -aa---a|');
    });
  });

  it('tells the handler the value, the delivery and the attempt', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('-ab|').pipe(
        work((value, { delivery, attempt, signal }) => {
          return [value, delivery.value, delivery.source.position, attempt, signal.aborted];
        }),
      );

      expectObservable(handled).toBe('-ab|', { a: ['a', 'a', 0n, 1, false], b: ['b', 'b', 1n, 1, false] });
    });
  });
});
