import { delay, map, NEVER, tap, timer, type Observable } from 'rxjs';
import { work, type WorkContext } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles, type DeliveriesOptions } from '../../../src/testing.js';
import { later, never } from '../support/later.js';

type Context = WorkContext<Delivery<string>>;

/** What comes at 1 and is called `a` is taken away at 5. */
const LOSING_A: DeliveriesOptions<string> = { hot: true, leaseMs: 8, renew: (value) => value !== 'a' };
const LOST = { x: { fate: 'abandoned', value: 'a', reason: 'lease' } };

describe('work: a lost delivery', () => {
  it('aborts the signal of its handler', () => {
    marbles(({ deliveries, expectFate, at }) => {
      const source = deliveries('-ab|', undefined, LOSING_A);
      const signals: AbortSignal[] = [];
      const handler = (value: string, { signal }: Context) => {
        signals.push(signal);
        return later(10, value);
      };
      source.pipe(work(handler, { concurrency: 2 })).subscribe();
      const aborted = (): boolean[] => signals.map((signal) => signal.aborted);

      expectFate(source).toBe('  -----x------(a|)', LOST);
      at('                       ----p-q', {
        p: () => expect(aborted()).toEqual([false, false]),
        q: () => expect(aborted()).toEqual([true, false]),
      });
    });
  });

  it('keeps its slot until the promise of its handler settles', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|', undefined, LOSING_A);
      const handler = (value: string) => later(value === 'a' ? 10 : 1, value);

      expectObservable(source.pipe(work(handler))).toBe('------------(b|)');
      expectFate(source).toBe('      -----x------(a|)', LOST);
    });
  });

  it('keeps its key until the promise of its handler settles', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -aAb|', undefined, LOSING_A);
      const by = (value: string): string => value.toLowerCase();
      const handler = (value: string) => later(value === 'a' ? 10 : 1, value);

      expectObservable(source.pipe(work(handler, { concurrency: 3, by }))).toBe('----b-------(A|)');
      expectFate(source).toBe('      ----ax------(a|)', LOST);
    });
  });

  it('frees slot and key at once when its handler is an Observable: that can be stopped', () => {
    marbles(({ deliveries, expectObservable, expectSubscriptions, cold }) => {
      const source = deliveries('    -aA|', undefined, LOSING_A);
      const endless = cold<string>(' ----------');
      const subscribed = '           -^---!';
      const by = (value: string): string => value.toLowerCase();
      const handler = (value: string) => (value === 'a' ? endless : timer(1).pipe(map(() => value)));

      expectObservable(source.pipe(work(handler, { by }))).toBe('------(A|)');
      expectSubscriptions(endless.subscriptions).toBe(subscribed);
    });
  });

  it('gives up the pause before a retry, with its slot and its key', () => {
    const tries: string[] = [];
    const handler = (value: string): string => {
      tries.push(value);
      if (value === 'a') throw new Error('no a');
      return value;
    };
    const onError = { retry: { initialMs: 100 } };
    marbles(
      ({ deliveries, expectObservable }) => {
        const inOrder = deliveries('                                    -ab|', undefined, LOSING_A);
        const byKey = deliveries('                                      -aA|', undefined, LOSING_A);

        expectObservable(inOrder.pipe(work(handler, { onError }))).toBe('-----(b|)');
        expectObservable(byKey.pipe(work(handler, { onError, by: () => 1 }))).toBe('-----(A|)');
      },
      { jitter: 'none' },
    );
    expect(tries).toEqual(['a', 'a', 'b', 'A']);
  });

  it('is not worked on under a handle of the attempt before', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('    -a|');
      const once = tap((delivery: Delivery<string>) => {
        if (delivery.attempt === 1) delivery.nack();
      });
      const handled = source.pipe(
        once,
        delay(5),
        work((_, { delivery }) => delivery.attempt),
      );

      expectObservable(handled).toBe('------(2|)', { 2: 2 });
      expectFate(source).toBe('      -n----(a|)');
      at('                           ------- e', { e: () => expect(source.fate().late).toBe(0) });
    });
  });

  it('is not worked on if it was still waiting for its turn', () => {
    const tries: string[] = [];
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -abc|', undefined, { ...LOSING_A, leaseMs: 4, renew: (value) => value !== 'b' });
      const handler = (value: string): Observable<string> => {
        tries.push(value);
        return timer(5).pipe(map(() => value));
      };

      expectObservable(source.pipe(work(handler))).toBe('------a----(c|)');
      expectFate(source).toBe('      ----x-a----(a|)', { x: { value: 'b', reason: 'lease' } });
    });
    expect(tries).toEqual(['a', 'c']);
  });

  it('does not keep work from completing while its promise goes on', () => {
    marbles(({ deliveries, expectObservable }) => {
      const source = deliveries('    -a|', undefined, LOSING_A);

      expectObservable(source.pipe(work(() => never))).toBe('-----|');
    });
  });

  it('has no result and no error, whatever its promise brings', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('    -ab', undefined, LOSING_A);
      const handled = source.pipe(work((value) => later(10, value), { concurrency: 2 }));

      expectObservable(handled, '    ^ 30ms !').toBe('------------b');
      expectFate(source).toBe('      -----x------a', LOST);
      at('                           40ms e', { e: () => expect(source.fate().late).toBe(0) });
    });
  });
});

describe('work: unsubscribing', () => {
  it('aborts the signals of all that is under way, and settles nothing any more', () => {
    const signals: AbortSignal[] = [];
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('    -abc|');
      const handler = (value: string, { signal }: Context) => {
        signals.push(signal);
        return later(10, value);
      };
      const aborted = (): boolean[] => signals.map((signal) => signal.aborted);

      expectObservable(source.pipe(work(handler, { concurrency: 2 })), '^----!').toBe('');
      expectFate(source).toBe('      -----(xxx)');
      at('                           ----p-q 9ms r', {
        p: () => expect(aborted()).toEqual([false, false]),
        q: () => expect(aborted()).toEqual([true, true]),
        r: () => expect(source.fate().late).toBe(0),
      });
    });
    expect(signals).toHaveLength(2);
  });

  it('unsubscribes from the Observables of handlers, and calls off retries', () => {
    const tries: string[] = [];
    marbles(
      ({ deliveries, expectObservable, expectSubscriptions, cold }) => {
        const source = deliveries('   -ab|');
        const endless = cold<string>('  -------');
        const subscribed = '          --^--!';
        const handler = (value: string): Observable<string> => {
          tries.push(value);
          if (value === 'a') throw new Error('no a');
          return endless;
        };

        expectObservable(source.pipe(work(handler, { concurrency: 2 })), '^----!').toBe('');
        expectSubscriptions(endless.subscriptions).toBe(subscribed);
      },
      { jitter: 'none' },
    );
    expect(tries).toEqual(['a', 'b']);
  });

  it('a handler that reads its signal late finds it aborted', () => {
    const contexts: Context[] = [];
    marbles(({ deliveries, expectObservable }) => {
      const handler = (_: string, context: Context) => {
        contexts.push(context);
        return NEVER;
      };

      expectObservable(deliveries('-a|').pipe(work(handler)), '^--!').toBe('');
    });
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true]);
  });
});
