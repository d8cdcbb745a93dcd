import { map, Subject, switchMap, tap, throwError, timer, type Observable } from 'rxjs';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { work, type RetryPolicy, type WorkContext } from '../../../src/observables/delivery/operators/work.js';
import { DUTY, type Delivery } from '../../../src/observables/delivery/types.js';
import { marbles } from '../../../src/testing.js';
import { later, laterError } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

const retry: RetryPolicy = { maxAttempts: 4, initialMs: 4, maxMs: 10 };

/** Every pause is as long as it can be: 4, 8 and 10 ms by the policy above. */
const longest = { jitter: 'none' } as const;

/** Fails each value in `broken` as often as it stands there. */
function failing(broken: string): (value: string) => string {
  const left = [...broken];
  return (value) => {
    const at = left.indexOf(value);
    if (at < 0) return value;
    left.splice(at, 1);
    throw new Error(`no ${value}`);
  };
}

const lasting =
  (ms: number) =>
  (value: string): Observable<string> =>
    timer(ms).pipe(map(() => value));

describe('work: retries', () => {
  it('tries again after pauses that grow up to the limit', () => {
    marbles(({ deliveries, expectRecording, expectFate, watch }) => {
      const source = deliveries('         -a|');
      const attempts$ = new Subject<number>();
      const tries = watch(attempts$);
      const handler = (_: string, { attempt }: { attempt: number }): never => {
        attempts$.next(attempt);
        throw new Error('no');
      };
      source.pipe(work(handler, { onError: { retry, then: 'ack' } })).subscribe();

      expectRecording(tries).toBe('    -1---2-------3---------4', { 1: 1, 2: 2, 3: 3, 4: 4 });
      expectFate(source).toBe('        -----------------------(a|)');
    }, longest);
  });

  it('spreads its pauses evenly', () => {
    marbles(({ deliveries, expectObservable }) => {
      // The run gives it back its own when it ends.
      const drawn = [0.5, 0];
      Math.random = () => drawn.shift() ?? 1;
      const handled = deliveries('    -a|').pipe(work(failing('aa'), { onError: { retry } }));

      expectObservable(handled).toBe('---(a|)');
    });
  });

  it('keeps the only slot while it waits: the order stays', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('    -abc|').pipe(work(failing('a'), { onError: { retry } }));

      expectObservable(handled).toBe('-----(abc|)');
    }, longest);
  });

  it('frees its slot while it waits when there are several', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('    -abc|').pipe(work(failing('a'), { concurrency: 2, onError: { retry } }));

      expectObservable(handled).toBe('--bc-(a|)');
    }, longest);
  });

  it('frees the only slot while it waits when there are keys', () => {
    marbles(({ deliveries, expectObservable }) => {
      const by = (value: string): string => value;
      const handled = deliveries('    -abc|').pipe(work(failing('a'), { by, onError: { retry } }));

      expectObservable(handled).toBe('--bc-(a|)');
    }, longest);
  });

  it('blocks its key while it waits', () => {
    marbles(({ deliveries, expectObservable }) => {
      const by = (value: string): string => value.toLowerCase();
      const handled = deliveries('    -aAbA|').pipe(work(failing('a'), { concurrency: 4, by, onError: { retry } }));

      expectObservable(handled).toBe('---b-(aAA|)');
    }, longest);
  });

  it('goes before those that were never tried, when its pause is over', () => {
    marbles(({ deliveries, expectObservable }) => {
      const fails = failing('a');
      // `a` fails at 1 and is due at 5; `b` and `c` have both slots until 8 and 9, `d` waits since 4.
      const handler = (value: string): Observable<string> => lasting(6)(fails(value));
      const handled = deliveries('    -abcd|').pipe(work(handler, { concurrency: 2, onError: { retry } }));

      expectObservable(handled).toBe('--------bc----a(d|)');
    }, longest);
  });

  it('frees its slot while it waits after a promise or an Observable has failed', () => {
    marbles(({ deliveries, expectObservable }) => {
      let failures = 0;
      const handler = (value: string) => {
        if (value === 'b') return later(1, value);
        failures++;
        if (failures === 1) return laterError(2, 'promise');
        return failures === 2 ? timer(2).pipe(switchMap(() => throwError(() => 'observable'))) : later(2, value);
      };
      // `a`: 1 to 3, 7 to 9, 17 to 19; `b`: 2 to 3.
      const handled = deliveries('    -ab|').pipe(work(handler, { concurrency: 2, onError: { retry } }));

      expectObservable(handled).toBe('---b 15ms (a|)');
    }, longest);
  });

  it('asks `when` which errors are worth it', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|');
      const when = (error: unknown): boolean => error instanceof Error && error.message === 'no b';
      const handled = source.pipe(work(failing('ab'), { onError: { retry, when, then: 'dead' } }));

      expectObservable(handled).toBe('------(b|)');
      expectFate(source).toBe('      -d----(a|)', { d: { fate: 'dead', attempts: 1 } });
    }, longest);
  });

  it('retries as by default when there is only a `when`', () => {
    marbles(({ deliveries, expectObservable }) => {
      const handled = deliveries('    -a|').pipe(work(failing('a'), { onError: { when: () => true } }));

      expectObservable(handled).toBe('201ms (a|)');
    }, longest);
  });

  it('tries nothing again when the policy has no `retry`', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('    -ab|');

      expectObservable(source.pipe(work(failing('a'), { onError: { then: 'dead' } }))).toBe('--b|');
      expectFate(source).toBe('      -da|');
    });
  });

  it('counts the attempts of the delivery: one that came again has fewer tries left', () => {
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      const handler = (_: string, { delivery }: WorkContext<Delivery<string>>): void => {
        if (delivery.attempt === 1) delivery.nack();
        else throw new Error('no');
      };
      const onError = { retry: { ...retry, maxAttempts: 3 }, then: 'dead' } as const;
      source.pipe(work(handler, { onError })).subscribe();

      expectFate(source).toBe('  -n-------(d|)', { d: { fate: 'dead', attempt: 2, attempts: 3 } });
    }, longest);
  });

  it('retries by default five times from 200 ms on, then fails where there is no way for dead letters', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('   -a|', undefined, { deadLetters: false });
      const failed = source.pipe(work(() => throwError(() => 'no')));

      expectObservable(failed).toBe('3001ms #', undefined, {
        code: 'HANDLER',
        cause: 'no',
        context: { system: 'lance', name: 'deliveries', position: 0n, attempt: 5 },
      });
      expectFate(source).toBe('     3001ms x');
    }, longest);
  });

  it('retries by default five times, then gives up for dead where there is a way', () => {
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('   -a|');

      expectObservable(source.pipe(work(() => throwError(() => new Error('no'))))).toBe('3001ms |');
      expectFate(source).toBe('     3001ms (d|)', { d: { fate: 'dead', attempts: 5, reason: 'no' } });
    }, longest);
  });

  it('however many tries there are, the delivery keeps one watcher for all', () => {
    let watchers = 0;
    marbles(({ deliveries, expectFate }) => {
      const source = deliveries('-a|');
      const handler = (_: string, { attempt }: { attempt: number }): void => {
        if (attempt < 100) throw new Error('not yet');
      };
      const onError = { retry: { maxAttempts: Number.POSITIVE_INFINITY, initialMs: 1, maxMs: 1 } };
      const counted = tap((delivery: Delivery<string>) => {
        const duty = delivery[DUTY];
        const { onLost } = duty;
        jest.spyOn(duty, 'onLost').mockImplementation((then) => {
          watchers++;
          onLost.call(duty, then);
        });
      });
      source.pipe(counted, work(handler, { concurrency: 2, onError })).subscribe();

      expectFate(source).toBe('100ms (a|)');
    }, longest);
    expect(watchers).toBe(1);
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
    marbles(({ deliveries, expectObservable, expectFate }) => {
      const source = deliveries('     -ab|');
      const relay = new Subject<Delivery<string>>();
      const handled = relay.pipe(work(failing('aaaa'), { by: () => 'same', onError: { retry } }));

      expectObservable(handled).toBe(' -----(b|)');
      expectFate(source).toBe('       --a--(a|)', { a: { fate: 'acked', by: 'work' } });
      const handles: Delivery<string>[] = [];
      source.subscribe((delivery) => {
        handles.push(delivery);
        relay.next(delivery);
        if (delivery.value !== 'b') return;
        relay.complete();
        handles[0]?.ack();
      });
    }, longest);
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
