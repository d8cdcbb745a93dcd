import { map, timer } from 'rxjs';
import { work } from 'sluice';
import { marbles } from 'sluice/testing';

describe('credit comes back with each fate', () => {
  it('acked, dead and nacked for good', () => {
    marbles(({ deliveries, expectCredit, expectFate }) => {
      const source = deliveries('-abc|', undefined, { window: { deliveries: 3 } });
      source
        .pipe(
          work((value) => timer(5).pipe(map(() => (value === 'b' ? fail() : value))), {
            concurrency: 3,
            onError: 'dead',
          }),
        )
        .subscribe();

      expectFate(source).toBe('  ------ad(a|)');
      expectCredit(source).toBe('3210--123');
    });
  });

  it('a window of one goes on and on', () => {
    marbles(({ deliveries, expectCredit, expectFate }) => {
      const source = deliveries('(abc|)', undefined, { window: { deliveries: 1 } });
      source.pipe(work((value) => timer(2).pipe(map(() => value)))).subscribe();

      expectFate(source).toBe('  --a-a-(a|)');
      expectCredit(source).toBe('0-----1');
    });
  });
});

function fail(): never {
  throw new Error('no');
}
