import { Subject, throwError, timer, switchMap } from 'rxjs';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work, type RetryPolicy } from '../../../src/observables/delivery/operators/work.js';
import { DUTY, type Delivery } from '../../../src/observables/delivery/types.js';
import { longestDelays } from '../support/jitter.js';
import { later, laterError } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

const retry: RetryPolicy = { maxAttempts: 4, initialMs: 4, maxMs: 10 };

/** Fails each record in `broken` as often as it stands there. */
function failing(broken: string): (value: string) => string {
  const left = [...broken];
  return (value) => {
    const at = left.indexOf(value);
    if (at < 0) return value;
    left.splice(at, 1);
    throw new Error(`no ${value}`);
  };
}

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

describe('work: retries', () => {
  it('tries again after pauses that grow up to the limit', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const tries: number[] = [];
      const handler = (_: string, { attempt }: { attempt: number }): never => {
        tries.push(attempt);
        throw new Error('no');
      };
      // 1, then after 4, 8 and 10 ms.
      const results = log.stream.pipe(work(handler, { onError: { retry, then: 'ack' } }));

      expectObservable(results).toBe('23ms |');
      flush();
      expect(tries).toEqual([1, 2, 3, 4]);
    });
  });

  it('spreads its pauses evenly', () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValueOnce(0);
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');
      const expected = '---(a|)';

      expectObservable(log.stream.pipe(work(failing('aa'), { onError: { retry } }))).toBe(expected);
    });
  });

  it('keeps the only slot while it waits: the order stays', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');

      expectObservable(log.stream.pipe(work(failing('a'), { onError: { retry } }))).toBe('-----(abc|)');
    });
  });

  it('frees its slot while it waits when there are several', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const expected = '--bc-(a|)';

      expectObservable(log.stream.pipe(work(failing('a'), { concurrency: 2, onError: { retry } }))).toBe(expected);
    });
  });

  it('frees the only slot while it waits when there are keys', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const expected = '--bc-(a|)';

      expectObservable(log.stream.pipe(work(failing('a'), { by: (value) => value, onError: { retry } }))).toBe(
        expected,
      );
    });
  });

  it('blocks its key while it waits', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aAbA');
      const expected = '---b-(aAA|)';
      const by = (value: string): string => value.toLowerCase();

      expectObservable(log.stream.pipe(work(failing('a'), { concurrency: 4, by, onError: { retry } }))).toBe(expected);
    });
  });

  it('goes before those that were never tried, when its pause is over', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcd');
      // `a` fails at 1 and is due at 5; `b` and `c` have both slots until 8 and 9, `d` waits since 4.
      const handler = (value: string) => {
        if (value === 'a' && fails) {
          fails = false;
          throw new Error('no');
        }
        return later(6, value);
      };
      let fails = true;
      const results = log.stream.pipe(work(handler, { concurrency: 2, onError: { retry } }));

      expectObservable(results).toBe('--------bc----a(d|)');
    });
  });

  it('frees its slot while it waits after a promise or an Observable has failed', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      let failures = 0;
      const handler = (value: string) => {
        if (value === 'b') return later(1, value);
        failures++;
        if (failures === 1) return laterError(2, 'promise');
        return failures === 2 ? timer(2).pipe(switchMap(() => throwError(() => 'observable'))) : later(2, value);
      };
      // `a`: 1 to 3, 7 to 9, 17 to 19; `b`: 2 to 3.
      const results = log.stream.pipe(work(handler, { concurrency: 2, onError: { retry } }));

      expectObservable(results).toBe('---b 15ms (a|)');
    });
  });

  it('asks `when` which errors are worth it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { dead: 'done' });
      const when = (error: unknown): boolean => error instanceof Error && error.message === 'no b';
      const results = log.stream.pipe(work(failing('ab'), { onError: { retry, when, then: 'dead' } }));

      expectObservable(results).toBe('------(b|)');
      flush();
      expect(log.letters).toEqual([{ value: 'a', reason: undefined, attempts: 1 }]);
    });
  });

  it('retries as by default when there is only a `when`', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');

      expectObservable(log.stream.pipe(work(failing('a'), { onError: { when: () => true } }))).toBe('201ms (a|)');
    });
  });

  it('tries nothing again when the policy has no `retry`', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { dead: 'done' });

      expectObservable(log.stream.pipe(work(failing('a'), { onError: { then: 'dead' } }))).toBe('--(b|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ acked: 1, dead: 1 });
    });
  });

  it('counts the attempts of the delivery: one that came again has fewer tries left', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { dead: 'done' });
      const tries: number[] = [];
      const handler = (_: string, { attempt, delivery }: { attempt: number; delivery: Delivery<string> }): void => {
        tries.push(attempt);
        if (delivery.attempt === 1) delivery.nack();
        else throw new Error('no');
      };
      log.stream.pipe(work(handler, { onError: { retry: { ...retry, maxAttempts: 3 }, then: 'dead' } })).subscribe();
      flush();
      expect(tries).toEqual([1, 2, 3]);
      expect(log.letters).toEqual([{ value: 'a', reason: undefined, attempts: 3 }]);
    });
  });

  it('retries by default five times from 200 ms on, then fails where there is no way for dead letters', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const tries: number[] = [];
      const handler = (_: string, { attempt }: { attempt: number }): never => {
        tries.push(attempt);
        throw 'no';
      };
      const failed = log.stream.pipe(work(handler));

      expectObservable(failed).toBe('3001ms #', undefined, expect.objectContaining({ code: 'HANDLER', cause: 'no' }));
      flush();
      expect(tries).toEqual([1, 2, 3, 4, 5]);
    });
  });

  it('retries by default five times, then gives up for dead where there is a way', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { dead: 'done' });

      expectObservable(log.stream.pipe(work(() => throwError(() => new Error('no'))))).toBe('3001ms |');
      flush();
      expect(log.letters).toEqual([{ value: 'a', reason: undefined, attempts: 5 }]);
    });
  });

  it('however many tries there are, the delivery keeps one watcher for all', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      let watchers = 0;
      const handler = (_: string, { delivery, attempt }: { delivery: Delivery<string>; attempt: number }): void => {
        if (attempt === 1) {
          const duty = delivery[DUTY];
          const { onLost } = duty;
          jest.spyOn(duty, 'onLost').mockImplementation((then) => {
            watchers++;
            onLost.call(duty, then);
          });
        }
        if (attempt < 100) throw new Error('not yet');
      };
      const onError = { retry: { maxAttempts: Number.POSITIVE_INFINITY, initialMs: 1, maxMs: 1 } };
      log.stream.pipe(work(handler, { concurrency: 2, onError })).subscribe();
      flush();
      expect(log.stream.fate().acked).toBe(1);
      expect(watchers).toBe(1);
    });
  });

  it('a result that can not be sent is a failure of its handler', () => {
    run(({ expectObservable, flush }) => {
      const encode = (result: unknown): void => {
        if (result === 'b') throw new Error('too large');
      };
      const log = new ScriptedLog('abc', { encode, dead: 'done' });

      expectObservable(log.stream.pipe(work((value) => value, { onError: 'dead' }))).toBe('-a-(c|)');
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 2, nacked: 0, dead: 1, abandoned: 0, late: 0 });
    });
  });

  it('forgets a retry of a delivery that was decided in its pause, and completes without it', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const relay = new Subject<Delivery<string>>();
      const handles: Delivery<string>[] = [];
      log.stream.subscribe((delivery) => {
        handles.push(delivery);
        relay.next(delivery);
        if (delivery.value === 'b') {
          relay.complete();
          handles[0]?.ack();
        }
      });
      const by = (): string => 'same';
      const results = relay.pipe(work(failing('aaaa'), { by, onError: { retry } }));

      expectObservable(results).toBe('-----(b|)');
      flush();
      expect(log.stream.fate()).toMatchObject({ acked: 2, late: 0 });
    });
  });

  it.each([
    [{ retry: { maxAttempts: 0 } }, 'onError.retry.maxAttempts'],
    [{ retry: { initialMs: -1 } }, 'onError.retry.initialMs'],
    [{ retry: { maxMs: Number.NaN } }, 'onError.retry.maxMs'],
    [{ then: 'skip' as never }, 'onError.then'],
    ['skip' as never, 'onError'],
  ])('refuses %j', (onError, option) => {
    expect(() => work(() => 1, { onError })).toThrow(InvalidOptionError);
    expect(() => work(() => 1, { onError })).toThrow(option);
  });
});
