import { defer, EMPTY, Observable, of, range, Subscriber, take, tap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { pollBackoff, type PollBackoffOptions } from '../../src/observables/retry/poll-backoff.js';
import { marbles } from '../../src/testing.js';

/** Subscribes to the answers in turn, then to nothing there. */
function inTurn<T>(...answers: Observable<T>[]): Observable<T> {
  let polls = 0;
  return defer(() => answers[polls++] ?? EMPTY);
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('pollBackoff: delays', () => {
  it('repeats at once while there is something', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');
      const expected = '   -a--a--a-';
      const unsub = '      --------!';
      const first = '      ^--!';
      const second = '     ---^--!';
      const third = '      ------^-!';

      expectObservable(source.pipe(pollBackoff()), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe([first, second, third]);
    });
  });

  it('waits longer after each empty answer, from 5 to 50 ms', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-|');
      const expected = '   -';
      const unsub = '      182ms !';
      const subs = [
        '                  ^!',
        '                  6ms ^!',
        '                  17ms ^!',
        '                  38ms ^!',
        '                  79ms ^!',
        '                  130ms ^!',
        '                  181ms ^!',
      ];

      expectObservable(source.pipe(pollBackoff()), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('starts again after an answer that brought something', () => {
    marbles(({ cold, expectObservable }) => {
      const none = cold('  |');
      const some = cold('            --a-|');
      const expected = '   5ms 10ms  --a- 5ms 10ms --a- 5ms 10ms 20ms 40ms -';
      const unsub = '      130ms !';

      const source = inTurn(none, none, some, none, none, some, none, none, none);
      expectObservable(source.pipe(pollBackoff()), unsub).toBe(expected);
    });
  });

  it('counts an answer of empty values only as empty, and emits them', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const blank = cold('   (0|)');
      const mixed = cold('           (0a0|)');
      const more = cold('            b|');
      const expected = '     0 4ms   (0a0b)';
      const unsub = '        6ms     !';

      const source = inTurn(blank, mixed, more);
      expectObservable(source.pipe(pollBackoff({ isEmpty: (value) => value === '0' })), unsub).toBe(expected);
      expectSubscriptions(blank.subscriptions).toBe('(^!)');
      expectSubscriptions(mixed.subscriptions).toBe('5ms (^!)');
      expectSubscriptions(more.subscriptions).toBe(' 5ms ^!');
    });
  });

  it('takes another shape, with jitter', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('|');
      const unsub = '      21ms !';
      const subs = ['      (^!)', '5ms (^!)', '20ms (^!)'];
      const options = { initialMs: 10, maxMs: 1_000, factor: 3, jitter: 'full', random: () => 0.5 } as const;

      expectObservable(source.pipe(pollBackoff(options)), unsub).toBe('-');
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });
});

describe('pollBackoff: ending', () => {
  it('completes after the first value that until() accepts', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-|');
      const expected = '   -a-(b|)';
      const subs = '       ^--!';

      expectObservable(source.pipe(pollBackoff({ until: (value) => value === 'b' }))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('passes an error on at once', () => {
    marbles(({ cold, expectObservable }) => {
      const some = cold('  -a|');
      const none = cold('    -|');
      const broken = cold('         --#');
      const expected = '   -a- 5ms --#';

      expectObservable(inTurn(some, none, broken).pipe(pollBackoff())).toBe(expected);
    });
  });

  it.each(['isEmpty', 'until'] as const)('passes on what %s() throws, and stops the source', (option) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-|');
      const expected = '   -#';
      const subs = '       ^!';
      const options = {
        [option]: () => {
          throw 'a bug';
        },
      };

      expectObservable(source.pipe(pollBackoff(options))).toBe(expected, undefined, 'a bug');
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('cancels its timer when unsubscribed in a pause', () => {
    const after = jest.spyOn(clock, 'after');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-|');
      const expected = '   -';
      const unsub = '      ---!';
      const subs = '       ^!';

      expectObservable(source.pipe(pollBackoff()), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
    expect(after).toHaveBeenCalledTimes(1);
    expect(after.mock.results[0]?.value.closed).toBe(true);
  });

  it('asks for no timer when nothing is empty', () => {
    const after = jest.spyOn(clock, 'after');
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a|');
      const expected = '   -a-a-(a|)';

      expectObservable(source.pipe(pollBackoff(), take(3))).toBe(expected);
    });
    expect(after).not.toHaveBeenCalled();
  });
});

describe('pollBackoff: synchronous sources', () => {
  it('repeats 100 000 times without recursion and without stopping', () => {
    let polls = 0;
    let deepest = 0;
    let depth = 0;
    const source = new Observable<number>((subscriber) => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      subscriber.next((polls += 1));
      subscriber.complete();
      depth -= 1;
    });
    const values: number[] = [];
    let completed = false;
    source.pipe(pollBackoff(), take(100_000)).subscribe({
      next: (value) => values.push(value),
      complete: () => (completed = true),
    });
    expect(values).toHaveLength(100_000);
    expect(values.at(-1)).toBe(100_000);
    expect(completed).toBe(true);
    expect(polls).toBe(100_000);
    expect(deepest).toBe(1);
  });

  it('holds on to nothing of past polls', () => {
    let held = 0;
    const outer = new Subscriber<number>({ next() {}, error() {}, complete() {} });
    let polls = 0;
    const source = defer(() => {
      if ((polls += 1) === 1_000) {
        const finalizers: unknown = Reflect.get(outer, '_finalizers');
        held = Array.isArray(finalizers) ? finalizers.length : 0;
        outer.unsubscribe();
      }
      return of(polls);
    });
    source.pipe(pollBackoff()).subscribe(outer);
    expect(polls).toBe(1_000);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(3);
  });

  it('stops inside an answer', () => {
    let emitted = 0;
    range(1, 1_000)
      .pipe(
        tap(() => (emitted += 1)),
        pollBackoff(),
        take(3),
      )
      .subscribe();
    expect(emitted).toBe(3);
  });

  it('stops inside an answer when until() says so', () => {
    let emitted = 0;
    range(1, 1_000)
      .pipe(
        tap(() => (emitted += 1)),
        pollBackoff({ until: (value) => value === 3 }),
      )
      .subscribe();
    expect(emitted).toBe(3);
  });

  it('cleans up after a poll before the next one begins', () => {
    const seen: string[] = [];
    const source = new Observable<string>((subscriber) => {
      seen.push('poll');
      subscriber.next('a');
      subscriber.complete();
      return () => seen.push('cleaned up');
    });
    source.pipe(pollBackoff(), take(2)).subscribe();
    expect(seen).toEqual(['poll', 'cleaned up', 'poll', 'cleaned up']);
  });

  it('cleans up after a poll before the next one begins, when it ends later, too', () => {
    const seen: string[] = [];
    marbles(({ cold }) => {
      const source = new Observable<string>((subscriber) => {
        seen.push('poll');
        subscriber.add(() => seen.push('cleaned up'));
        cold('a|').subscribe(subscriber);
      });
      source.pipe(pollBackoff(), take(2)).subscribe();
    });
    expect(seen).toEqual(['poll', 'cleaned up', 'poll', 'cleaned up']);
  });

  it('gives every subscriber delays of its own', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('|');
      const polled = source.pipe(pollBackoff());
      const subs = ['      (^!)', '(^!)', '5ms (^!)', '5ms (^!)'];

      expectObservable(polled, '6ms !').toBe('-');
      expectObservable(polled, '6ms !').toBe('-');
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });
});

describe('pollBackoff: options', () => {
  it.each<[string, PollBackoffOptions<unknown>]>([
    ['initialMs', { initialMs: Infinity }],
    ['maxMs', { initialMs: 10, maxMs: 5 }],
    ['factor', { factor: 0.9 }],
    ['jitter', { jitter: 'some' as 'full' }],
    ['random', { random: 0.5 as unknown as () => number }],
    ['isEmpty', { isEmpty: 0 as unknown as () => boolean }],
    ['until', { until: 'b' as unknown as () => boolean }],
  ])('refuses a bad %s at construction', (option, options) => {
    expect(() => pollBackoff(options)).toThrow(InvalidOptionError);
    expect(() => pollBackoff(options)).toThrow(new RegExp(`^${option}: `));
  });
});
