import { defer, mergeMap, NEVER, Observable, range, Subscriber, take, tap, throwError } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError, SluiceError, TimeoutError } from '../../src/foundation/errors.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import type { RetryBackoffOptions } from '../../src/observables/retry/retry-options.js';
import { marbles } from '../../src/testing.js';

/** Exact delays of 5, 10, 20, 40, 40… ms. */
const exact = { initialMs: 5, maxMs: 40, jitter: 'none' } as const;

/** Subscribes to the sources in turn, then to nothing. */
function inTurn<T>(...sources: Observable<T>[]): Observable<T> {
  let attempts = 0;
  return defer(() => sources[attempts++] ?? NEVER);
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('retryBackoff: delays', () => {
  it('mirrors a source that completes', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--b--|');
      const expected = '   --a--b--|';
      const subs = '       ^-------!';

      expectObservable(source.pipe(retryBackoff())).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('subscribes again after delays that grow up to the cap', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--#');
      const expected = '   --a-- 5ms --a-- 10ms --a-- 20ms --a-- 40ms --a-- 40ms --a--#';
      const subs = [
        '                  ^----!',
        '                  10ms      ^----!',
        '                  25ms                 ^----!',
        '                  50ms                            ^----!',
        '                  95ms                                       ^----!',
        '                  140ms                                                 ^----!',
      ];

      expectObservable(source.pipe(retryBackoff({ ...exact, maxAttempts: 6 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('takes another factor', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-#');
      const expected = '   - 5ms - 15ms - 45ms -#';
      const subs = [
        '                  ^!',
        '                  6ms ^!',
        '                  22ms      ^!',
        '                  68ms             ^!',
      ];

      expectObservable(source.pipe(retryBackoff({ ...exact, maxMs: 90, factor: 3, maxAttempts: 4 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('jitters between nothing and the delay', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const random = jest.fn().mockReturnValueOnce(0.5).mockReturnValueOnce(0).mockReturnValueOnce(0.999);
      const source = cold('-#');
      const expected = '   - 5ms -- 40ms -#';
      const subs = [
        '                  ^!',
        '                  6ms ^!',
        '                  7ms  ^!',
        '                  48ms       ^!',
      ];

      expectObservable(source.pipe(retryBackoff({ initialMs: 10, random, maxAttempts: 4 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('waits for a turn even when there is no delay', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('#');
      const expected = '   #';
      const subs = ['      (^!)', '(^!)', '(^!)'];

      expectObservable(source.pipe(retryBackoff({ initialMs: 0, maxAttempts: 3 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });
});

describe('retryBackoff: giving up', () => {
  it('passes on the last error, untouched', () => {
    const [first, last] = [new Error('first'), new Error('last')];
    let caught: unknown;
    marbles(({ cold }) => {
      const source = inTurn(cold('-#', undefined, first), cold('-#', undefined, last));
      source
        .pipe(retryBackoff({ ...exact, maxAttempts: 2 }))
        .subscribe({ error: (error: unknown) => (caught = error) });
    });
    expect(caught).toBe(last);
  });

  it('never retries with one attempt, and asks for no timer', () => {
    const after = jest.spyOn(clock, 'after');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--#');
      const expected = '   --a--#';
      const subs = '       ^----!';

      expectObservable(source.pipe(retryBackoff({ ...exact, maxAttempts: 1 }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
    expect(after).not.toHaveBeenCalled();
  });

  it('begins no retry later than maxElapsedMs after the first failure', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('      -#');
      const within15 = '   7ms    #'; // failed at 1 and 7; the next delay of 10 would end at 17
      const within16 = '   18ms   #'; // failed at 1, 7 and 18

      expectObservable(source.pipe(retryBackoff({ ...exact, maxElapsedMs: 15 }))).toBe(within15);
      expectObservable(source.pipe(retryBackoff({ ...exact, maxElapsedMs: 16 }))).toBe(within16);
    });
  });

  it('asks when(error), and passes on at once what is not worth a retry', () => {
    marbles(({ cold, expectObservable }) => {
      const source = inTurn(cold('-a-#', undefined, 'busy'), cold('-b-#', undefined, 'gone'));
      const expected = '          -a- 5ms -b-#';
      const when = (error: unknown): boolean => error === 'busy';

      expectObservable(source.pipe(retryBackoff({ ...exact, when }))).toBe(expected, undefined, 'gone');
    });
  });

  it('passes on what when() throws', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a-#');
      const expected = '   -a-#';
      const when = (): boolean => {
        throw 'a bug in when';
      };

      expectObservable(source.pipe(retryBackoff({ ...exact, when }))).toBe(expected, undefined, 'a bug in when');
    });
  });

  it.each([
    ['a retryable error of ours', new TimeoutError('late'), 2],
    ['an error of ours that is not retryable', new SluiceError('a handler failed'), 1],
    ['a class that is retryable, an error that is not', new TimeoutError('late', { retryable: false }), 1],
    ['an error of others', new TypeError('fetch failed'), 2],
    ['something that is no error', 'lost', 2],
  ])('decides by default for %s', (_, error, attempts) => {
    let subscribed = 0;
    marbles(({ expectObservable }) => {
      const source = defer(() => {
        subscribed += 1;
        return throwError(() => error);
      });
      expectObservable(source.pipe(retryBackoff({ ...exact, maxAttempts: 2 }))).toBe(
        attempts === 2 ? '5ms #' : '#',
        undefined,
        error,
      );
    });
    expect(subscribed).toBe(attempts);
  });
});

describe('retryBackoff: stability', () => {
  it('starts the delays again after a subscription that lived resetAfterMs since its first value', () => {
    marbles(({ cold, expectObservable }) => {
      const brief = cold('  -#');
      const stable = cold('       -a----b--#'); // lives 8 ms after its first value
      const last = cold('                         (c|)');
      const reset8 = '      - 5ms -a----b-- 5ms   (c|)';
      const reset9 = '      - 5ms -a----b-- 10ms  (c|)';

      expectObservable(inTurn(brief, stable, last).pipe(retryBackoff({ ...exact, resetAfterMs: 8 }))).toBe(reset8);
      expectObservable(inTurn(brief, stable, last).pipe(retryBackoff({ ...exact, resetAfterMs: 9 }))).toBe(reset9);
    });
  });

  it('takes maxMs for resetAfterMs by default', () => {
    marbles(({ cold, expectObservable }) => {
      const brief = cold(' -#');
      const lived39 = cold('     -a 38ms #'); // the value itself takes one frame
      const lived40 = cold('     -a 39ms #');
      const last = cold('                        (c|)');
      const grown = '      - 5ms -a 38ms 10ms   (c|)';
      const again = '      - 5ms -a 39ms 5ms    (c|)';

      expectObservable(inTurn(brief, lived39, last).pipe(retryBackoff(exact))).toBe(grown);
      expectObservable(inTurn(brief, lived40, last).pipe(retryBackoff(exact))).toBe(again);
    });
  });

  it('learns nothing from a subscription that never emitted, however long it took to fail', () => {
    marbles(({ cold, expectObservable }) => {
      const brief = cold('   -#');
      const silent = cold('        ---------#');
      const last = cold('                          (c|)');
      const expected = '     - 5ms --------- 10ms  (c|)';

      expectObservable(inTurn(brief, silent, last).pipe(retryBackoff({ ...exact, resetAfterMs: 1 }))).toBe(expected);
    });
  });

  it('starts maxAttempts and maxElapsedMs again, too', () => {
    marbles(({ cold, expectObservable }) => {
      const brief = cold('   -#');
      const stable = cold('        -a-------#');
      const last = cold('                        -#');
      const expected = '     - 5ms -a------- 5ms -#';
      const options = { ...exact, resetAfterMs: 8 };

      expectObservable(inTurn(brief, stable, last).pipe(retryBackoff({ ...options, maxAttempts: 2 }))).toBe(expected);
      expectObservable(inTurn(brief, stable, last).pipe(retryBackoff({ ...options, maxElapsedMs: 5 }))).toBe(expected);
    });
  });

  it('counts for each subscriber alone', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const source = cold('-#').pipe(retryBackoff({ ...exact, maxAttempts: 2 }));
      const later = hot('3ms a').pipe(
        take(1),
        mergeMap(() => source),
      );
      const first = '    - 5ms -#';
      const second = '   3ms - 5ms -#';

      expectObservable(source).toBe(first);
      expectObservable(later).toBe(second);
    });
  });
});

describe('retryBackoff: subscriptions', () => {
  it('cancels its timer when unsubscribed in a pause', () => {
    const after = jest.spyOn(clock, 'after');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--#');
      const expected = '   --a-----';
      const unsub = '      -------!';
      const subs = '       ^----!';

      expectObservable(source.pipe(retryBackoff(exact)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
    expect(after).toHaveBeenCalledTimes(1);
    expect(after.mock.results[0]?.value.closed).toBe(true);
  });

  it('unsubscribes from a running attempt', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--#');
      const expected = '   --a-- 5ms --a-';
      const unsub = '      13ms         !';
      const subs = ['      ^----!', '10ms ^--!'];

      expectObservable(source.pipe(retryBackoff(exact)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('stops a source that emits synchronously', () => {
    let emitted = 0;
    range(1, 1_000)
      .pipe(
        tap(() => (emitted += 1)),
        retryBackoff(),
        take(3),
      )
      .subscribe();
    expect(emitted).toBe(3);
  });

  it('lets the source clean up before anyone decides what comes next', () => {
    const seen: string[] = [];
    const source = new Observable<never>((subscriber) => {
      queueMicrotask(() => subscriber.error('lost'));
      return () => seen.push('cleaned up');
    });
    const when = (): boolean => {
      seen.push('asked');
      return false;
    };
    return new Promise<void>((resolve) => {
      source.pipe(retryBackoff({ when })).subscribe({
        error: () => {
          seen.push('told');
          resolve();
        },
      });
    }).then(() => expect(seen).toEqual(['cleaned up', 'asked', 'told']));
  });

  it('holds on to nothing of past attempts, nor grows the stack: 10 000 synchronous failures', () => {
    let attempts = 0;
    let outer: Subscriber<never> | undefined;
    marbles(() => {
      const source = defer(() => throwError(() => (attempts += 1)));
      outer = new Subscriber<never>({ next() {}, error() {}, complete() {} });
      source.pipe(retryBackoff({ initialMs: 0, maxAttempts: 10_001, when: () => attempts < 10_000 })).subscribe(outer);
      // One finalizer for the timer, one for the running attempt, one for the Observable itself.
      clock.after(0, () => expect(finalizers(outer)).toBeLessThanOrEqual(3));
      clock.after(1, () => expect(finalizers(outer)).toBe(0));
    });
    expect(attempts).toBe(10_000);
    expect(outer?.closed).toBe(true);
  });

  it.each<[string, RetryBackoffOptions]>([
    ['initialMs', { initialMs: -1 }],
    ['maxMs', { initialMs: 10, maxMs: 5 }],
    ['factor', { factor: 0 }],
    ['jitter', { jitter: 'some' as 'full' }],
    ['resetAfterMs', { resetAfterMs: Number.NaN }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['maxAttempts', { maxAttempts: 1.5 }],
    ['maxElapsedMs', { maxElapsedMs: -5 }],
    ['when', { when: true as unknown as () => boolean }],
    ['random', { random: 0.5 as unknown as () => number }],
  ])('refuses a bad %s at construction', (option, options) => {
    expect(() => retryBackoff(options)).toThrow(InvalidOptionError);
    expect(() => retryBackoff(options)).toThrow(new RegExp(`^${option}: `));
  });
});

function finalizers(subscriber: Subscriber<unknown> | undefined): number {
  const held: unknown = subscriber === undefined ? undefined : Reflect.get(subscriber, '_finalizers');
  return Array.isArray(held) ? held.length : 0;
}
