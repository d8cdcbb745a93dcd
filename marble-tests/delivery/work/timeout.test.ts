import { finalize, map, NEVER, of, timer, type Observable } from 'rxjs';
import { TimeoutError } from '../../../src/foundation/errors.js';
import { work, type WorkContext } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';
import { later, never } from '../support/later.js';

const lasting =
  (ms: number) =>
  (value: string): Observable<string> =>
    timer(ms).pipe(map(() => value));

describe('work: timeoutMs', () => {
  it('makes a failure of a try that takes too long', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|', undefined, { name: 'log' });
      const handled = source.pipe(work(() => never, { timeoutMs: 4, onError: 'fail' }));
      const cause = new TimeoutError('the handler took longer than 4 ms', { context: { timeoutMs: 4 } });

      expectObservable(handled).toBe('-----#', undefined, {
        code: 'HANDLER',
        message: `work failed on lance:log@0, attempt 1: ${cause.message}`,
        cause,
      });
      expectFate(source).toBe('      -----(xx)');
    });
  });

  it('leaves those alone that are in time', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handler = (value: string) => (value === 'a' ? later(3, value) : lasting(3)(value));
      const handled = deliveries('    -ab|').pipe(work(handler, { timeoutMs: 4 }));

      expectObservable(handled).toBe('----a--(b|)');
    });
  });

  it('aborts the signal of a late try and unsubscribes from its Observable', () => {
    const ended: string[] = [];
    marbles(({ deliveries, expectFate, expectSubscriptions, cold }) => {
      const source = deliveries('           -a|');
      const endless = cold('                  ----------');
      const subscribed = '                   -^---!';
      const handler = (_: string, { signal }: WorkContext<Delivery<string>>): Observable<unknown> => {
        signal.addEventListener('abort', () => ended.push('aborted'));
        return endless.pipe(finalize(() => ended.push('unsubscribed')));
      };
      source.pipe(work(handler, { timeoutMs: 4, onError: 'ack' })).subscribe();

      expectSubscriptions(endless.subscriptions).toBe(subscribed);
      expectFate(source).toBe('             -----(a|)');
    });
    expect(ended).toEqual(['aborted', 'unsubscribed']);
  });

  it('frees the slot of a promise that is late; what it brings later counts for nothing', () => {
    marbles(({ deliveries, expectObservable, expectFate, at }) => {
      const source = deliveries('    -ab|');
      const handler = (value: string) => (value === 'a' ? later(20, value) : of(value));

      expectObservable(source.pipe(work(handler, { timeoutMs: 4, onError: 'dead' }))).toBe('-----(b|)');
      expectFate(source).toBe('                                                             -----(da|)');
      at('30ms e', { e: () => expect(source.fate().late).toBe(0) });
    });
  });

  it('retries by the policy, each try with a deadline and a signal of its own', () => {
    const signals: AbortSignal[] = [];
    marbles(
      ({ deliveries, expectObservable }) => {
        const handler = (value: string, { attempt, signal }: WorkContext<Delivery<string>>) => {
          signals.push(signal);
          return attempt < 3 ? NEVER : lasting(3)(value);
        };
        const onError = { retry: { maxAttempts: 3, initialMs: 2 } };
        // 1 to 5, 7 to 11, 15 to 18.
        const handled = deliveries('    -a|').pipe(work(handler, { timeoutMs: 4, onError }));

        expectObservable(handled).toBe('18ms (a|)');
      },
      { jitter: 'none' },
    );
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  });

  it('keeps the order within a key', () => {
    marbles(
      ({ deliveries, expectObservable }) => {
        const by = (value: string): string => value.toLowerCase();
        const handler = (value: string, { attempt }: { attempt: number }) =>
          attempt === 1 && value === 'a' ? never : value;
        const onError = { retry: { maxAttempts: 2, initialMs: 2 } };
        const handled = deliveries('    -aA|').pipe(work(handler, { concurrency: 2, by, timeoutMs: 4, onError }));

        expectObservable(handled).toBe('-------(aA|)');
      },
      { jitter: 'none' },
    );
  });
});
