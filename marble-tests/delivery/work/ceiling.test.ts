import { map, merge, Subject, type Observable } from 'rxjs';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import type { OnError } from '../../../src/observables/delivery/operators/work/error-policy.js';
import { marbles, type DeliveriesOptions } from '../../../src/testing.js';

/** A server that puts a message among the dead ones by itself when it has come three times. */
const THREE: DeliveriesOptions<string> = { hot: true, maxAttempts: 3 };
const longest = { jitter: 'none' } as const;
const refusal = (got: number) => ({
  message:
    'onError.retry.maxAttempts: must be at most 3: after that many deliveries the server dead-letters by itself, ' +
    `got ${got}`,
});

/** Every try, as it fails. */
function failing(): { tries: Subject<number>; handler: (value: string, context: { attempt: number }) => never } {
  const tries = new Subject<number>();
  return {
    tries,
    handler: (_value, { attempt }) => {
      tries.next(attempt);
      throw new Error('no');
    },
  };
}

const attempts = (queue: Observable<Delivery<string>>) => queue.pipe(map(({ attempt }) => attempt));
const TRIES = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((attempt) => [String(attempt), attempt]));

describe('a server that dead-letters by itself', () => {
  it.each([4, 100, Number.POSITIVE_INFINITY])(
    'a policy of more tries is refused at the first delivery: %s',
    (maxAttempts) => {
      marbles(({ deliveries, expectObservable, expectFate }) => {
        const queue = deliveries('     -a-b|', undefined, THREE);
        const { tries, handler } = failing();
        const handled = queue.pipe(work(handler, { onError: { retry: { maxAttempts } } }));

        expectObservable(handled).toBe('-#', undefined, refusal(maxAttempts));
        expectObservable(tries).toBe('  ');
        expectFate(queue).toBe('       -x');
      });
    },
  );

  const allowed: readonly (readonly [name: string, onError: OnError | undefined, tries: string, fate: string])[] = [
    ['as many', { retry: { maxAttempts: 3 } }, '          -1 199ms 2 399ms 3', '601ms (d|)'],
    ['fewer', { retry: { maxAttempts: 2 } }, '            -1 199ms 2        ', '201ms (d|)'],
    ['by default, as many as there can be', undefined, '-1 199ms 2 399ms 3', '601ms (d|)'],
    ['with a `when`', { when: () => true }, '             -1 199ms 2 399ms 3', '601ms (d|)'],
  ];
  it.each(allowed)('%s', (_name, onError, expected, fate) => {
    marbles(({ deliveries, expectRecording, expectFate, watch }) => {
      const queue = deliveries('-a|', undefined, THREE);
      const { tries, handler } = failing();
      const tried = watch(tries);
      queue.pipe(work(handler, onError === undefined ? {} : { onError })).subscribe();

      expectRecording(tried).toBe(expected, TRIES);
      expectFate(queue).toBe(fate);
    }, longest);
  });

  it('counts deliveries: one that has come three times is not retried', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const queue = deliveries('           -a|', undefined, THREE);
      const { tries, handler } = failing();

      expectObservable(attempts(queue), '  ^--!     ').toBe('-1', TRIES);
      expectObservable(attempts(queue), '  -----^-! ').toBe('-----2', TRIES);
      expectObservable(queue.pipe(work(handler)), '---------^').toBe('---------|');
      expectObservable(tries).toBe('       ---------3', TRIES);
      expectFate(queue).toBe('             ---x---x-(d|)', {
        x: { fate: 'abandoned' },
        d: { fate: 'dead', attempt: 3 },
      });
    });
  });

  it('a policy that is found by error is refused when it is found', () => {
    marbles(({ deliveries, expectObservable }) => {
      const { handler } = failing();
      const onError = () => ({ retry: { maxAttempts: 4 } });
      const handled = deliveries('   -a|', undefined, THREE).pipe(work(handler, { onError }));
      const cause = new InvalidOptionError(
        'onError.retry.maxAttempts',
        4,
        'must be at most 3: after that many deliveries the server dead-letters by itself',
      );

      expectObservable(handled).toBe('-#', undefined, { code: 'HANDLER', cause });
    });
  });

  it('is looked for in every session, such as the second of two merged streams', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const free = deliveries('      -a', undefined, { hot: true });
      const bound = deliveries('     -----b', undefined, THREE);
      const handled = merge(free, bound).pipe(work((value) => value, { onError: { retry: { maxAttempts: 4 } } }));

      expectObservable(handled).toBe('-a---#', undefined, refusal(4));
      expectFate(free).toBe('         -a');
      expectFate(bound).toBe('        -----x');
    });
  });

  it('others know no ceiling', () => {
    marbles(({ deliveries, expectRecording, expectFate, watch }) => {
      const queue = deliveries('        -a|', undefined, { hot: true });
      const { tries, handler } = failing();
      const tried = watch(tries);
      queue.pipe(work(handler, { onError: { retry: { maxAttempts: 9, initialMs: 1, maxMs: 1 } } })).subscribe();

      expectRecording(tried).toBe('-123456789', TRIES);
      expectFate(queue).toBe('     ---------(d|)');
    }, longest);
  });
});
