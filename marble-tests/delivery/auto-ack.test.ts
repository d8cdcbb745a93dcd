import { map, mergeMap, of, take, tap, throwError } from 'rxjs';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { marbles } from '../../src/testing.js';

describe('autoAck', () => {
  it('passes values on and settles them', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                -a-bc|');

      expectObservable(source.pipe(autoAck())).toBe('-a-bc|');
      expectFate(source).toBe('                      -a-aa|', { a: { fate: 'acked', by: 'autoAck' } });
    });
  });

  it('settles when everything synchronous below has returned', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('            -ab|');
      const ackedBefore = source.pipe(
        autoAck(),
        map(() => source.fate().acked),
      );

      expectObservable(ackedBefore).toBe('       -xy|', { x: 0, y: 1 });
      expectFate(source).toBe('                  -aa|');
    });
  });

  it('repeats the last one of take(n)', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                                   -ab---c|', undefined, { hot: true });

      expectObservable(source.pipe(autoAck(), take(2))).toBe('           -a(b|)');
      expectObservable(source.pipe(autoAck()), '   ----^   ').toBe('    ----b-c|');
      expectFate(source).toBe('                                         -ax-a-a|', {
        x: { value: 'b', reason: 'unsubscribe' },
      });
    });
  });

  it('abandons what an error below came from, so that it is repeated', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('                        -ab---c|', undefined, { hot: true });
      const broken = source.pipe(
        autoAck(),
        mergeMap((value) => (value === 'b' ? throwError(() => 'no') : of(value))),
      );

      expectObservable(broken).toBe('                         -a#', undefined, 'no');
      expectObservable(source.pipe(autoAck()), '----^').toBe(' ----b-c|');
      expectFate(source).toBe('                              -ax-a-a|', { x: { value: 'b' } });
    });
  });

  it('settles nothing when the subscriber leaves inside', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      const subscription = source
        .pipe(
          autoAck(),
          tap(() => subscription.unsubscribe()),
        )
        .subscribe();

      expectFate(source).toBe('  -x');
    });
  });
});
