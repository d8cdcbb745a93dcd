import { finalize, NEVER, of, timer, map } from 'rxjs';
import { TimeoutError } from '../../../src/foundation/errors.js';
import { HandlerError } from '../../../src/observables/delivery/errors.js';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { clock } from '../../../src/foundation/clock.js';
import { longestDelays } from '../support/jitter.js';
import { later, never } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

describe('work: timeoutMs', () => {
  it('makes a failure of a try that takes too long', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const cause = new TimeoutError('the handler took longer than 4 ms', { context: { timeoutMs: 4 } });
      const error = new HandlerError(`work failed on lance:log@0, attempt 1: ${cause.message}`, { cause });

      expectObservable(log.stream.pipe(work(() => never, { timeoutMs: 4, onError: 'fail' }))).toBe(
        '-----#',
        undefined,
        error,
      );
    });
  });

  it('leaves those alone that are in time', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const handler = (value: string) => (value === 'a' ? later(3, value) : timer(3).pipe(map(() => value)));
      const expected = '----a--(b|)';

      expectObservable(log.stream.pipe(work(handler, { timeoutMs: 4 }))).toBe(expected);
    });
  });

  it('unsubscribes from the Observable of a late try and aborts its signal', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const ended: [string, number][] = [];
      const handler = (_: string, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => ended.push(['aborted', clock.now()]));
        return NEVER.pipe(finalize(() => ended.push(['unsubscribed', clock.now()])));
      };
      log.stream.pipe(work(handler, { timeoutMs: 4, onError: 'ack' })).subscribe();
      flush();
      expect(ended).toEqual([
        ['aborted', 5],
        ['unsubscribed', 5],
      ]);
    });
  });

  it('frees the slot of a promise that is late; what it brings later counts for nothing', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { dead: 'done' });
      const handler = (value: string) => (value === 'a' ? later(20, value) : of(value));
      const expected = '-----(b|)';

      expectObservable(log.stream.pipe(work(handler, { timeoutMs: 4, onError: 'dead' }))).toBe(expected);
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 1, abandoned: 0, late: 0 });
    });
  });

  it('retries by the policy, each try with a deadline and a signal of its own', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const signals: AbortSignal[] = [];
      const handler = (value: string, { attempt, signal }: { attempt: number; signal: AbortSignal }) => {
        signals.push(signal);
        return attempt < 3 ? never : later(3, value);
      };
      const onError = { retry: { maxAttempts: 3, initialMs: 2 } };
      // 1 to 5, 7 to 11, 15 to 18.
      const results = log.stream.pipe(work(handler, { timeoutMs: 4, onError }));

      expectObservable(results).toBe('18ms (a|)');
      flush();
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    });
  });

  it('keeps the order within a key', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aA');
      const by = (value: string): string => value.toLowerCase();
      const handler = (value: string, { attempt }: { attempt: number }) =>
        attempt === 1 && value === 'a' ? never : value;
      const onError = { retry: { maxAttempts: 2, initialMs: 2 } };
      const expected = '-------(aA|)';

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2, by, timeoutMs: 4, onError }))).toBe(expected);
    });
  });
});
