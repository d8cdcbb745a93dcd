import { delay, finalize, NEVER, map, tap, timer, type Observable } from 'rxjs';
import { clock } from '../../../src/foundation/clock.js';
import { work, type WorkContext } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { longestDelays } from '../support/jitter.js';
import { later, never } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

type Context = WorkContext<Delivery<string>>;

beforeEach(longestDelays);
afterEach(() => {
  jest.restoreAllMocks();
});

describe('work: a lost delivery', () => {
  it('aborts the signal of its handler', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const aborted: [string, number][] = [];
      const handler = (value: string, { signal }: Context) => {
        signal.addEventListener('abort', () => aborted.push([value, clock.now()]));
        return later(10, value);
      };
      log.stream.pipe(work(handler, { concurrency: 2 })).subscribe();
      clock.after(5, () => log.lose('a'));
      flush();
      expect(aborted).toEqual([['a', 5]]);
      expect(log.stream.fate()).toEqual({ delivered: 2, acked: 1, nacked: 0, dead: 0, abandoned: 1, late: 0 });
    });
  });

  it('keeps its slot until the promise of its handler settles', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const handler = (value: string) => later(value === 'a' ? 10 : 1, value);
      const expected = '------------(b|)';

      expectObservable(log.stream.pipe(work(handler))).toBe(expected);
      clock.after(5, () => log.lose('a'));
    });
  });

  it('keeps its key until the promise of its handler settles', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('aAb');
      const by = (value: string): string => value.toLowerCase();
      const handler = (value: string) => later(value === 'a' ? 10 : 1, value);
      const expected = '----b-------(A|)';

      expectObservable(log.stream.pipe(work(handler, { concurrency: 3, by }))).toBe(expected);
      clock.after(5, () => log.lose('a'));
    });
  });

  it('frees slot and key at once when its handler is an Observable: that can be stopped', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('aA');
      const by = (value: string): string => value.toLowerCase();
      const stopped: number[] = [];
      const handler = (value: string): Observable<string> =>
        value === 'a' ? NEVER.pipe(finalize(() => stopped.push(clock.now()))) : timer(1).pipe(map(() => value));
      const expected = '------(A|)';

      expectObservable(log.stream.pipe(work(handler, { by }))).toBe(expected);
      clock.after(5, () => log.lose('a'));
      flush();
      expect(stopped).toEqual([5]);
    });
  });

  it('gives up the pause before a retry, with its slot and its key', () => {
    run(({ expectObservable, flush }) => {
      const tries: string[] = [];
      const handler = (value: string): string => {
        tries.push(value);
        if (value === 'a') throw new Error('no a');
        return value;
      };
      const onError = { retry: { initialMs: 100 } };
      const inOrder = new ScriptedLog('ab');
      const byKey = new ScriptedLog('aA');
      const expected = '-----(x|)';

      expectObservable(inOrder.stream.pipe(work(handler, { onError }))).toBe(expected, { x: 'b' });
      expectObservable(byKey.stream.pipe(work(handler, { onError, by: () => 1 }))).toBe(expected, { x: 'A' });
      clock.after(5, () => inOrder.lose('a'));
      clock.after(5, () => byKey.lose('a'));
      flush();
      expect(tries).toEqual(['a', 'a', 'b', 'A']);
    });
  });

  it('is not worked on under a handle of the attempt before', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a');
      const handled: number[] = [];
      log.stream
        .pipe(
          tap((delivery) => {
            if (delivery.attempt === 1) delivery.nack();
          }),
          delay(5),
          work((_, { delivery }) => void handled.push(delivery.attempt)),
        )
        .subscribe();
      flush();
      expect(handled).toEqual([2]);
      expect(log.stream.fate()).toMatchObject({ delivered: 2, acked: 1, nacked: 1, late: 0 });
    });
  });

  it('is not worked on if it was still waiting for its turn', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const tries: string[] = [];
      const handler = (value: string) => {
        tries.push(value);
        return later(5, value);
      };

      expectObservable(log.stream.pipe(work(handler))).toBe('------a----(c|)');
      clock.after(4, () => log.lose('b'));
      flush();
      expect(tries).toEqual(['a', 'c']);
    });
  });

  it('does not keep work from completing while its promise goes on', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');

      expectObservable(log.stream.pipe(work(() => never))).toBe('-----|');
      clock.after(5, () => log.lose('a'));
    });
  });

  it('has no result and no error, whatever its promise brings', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const handler = (value: string) => later(10, value);

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2 })), '^ 30ms !').toBe('------------b');
      clock.after(5, () => log.lose('a'));
      flush();
      expect(log.stream.fate().late).toBe(0);
    });
  });
});

describe('work: unsubscribing', () => {
  it('aborts the signals of all that is under way, and settles nothing any more', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const signals: AbortSignal[] = [];
      const handler = (value: string, { signal }: Context) => {
        signals.push(signal);
        return later(10, value);
      };

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2 })), '^----!').toBe('------');
      clock.after(4, () => expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]));
      clock.after(6, () => expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]));
      flush();
      expect(signals).toHaveLength(2);
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 0, nacked: 0, dead: 0, abandoned: 3, late: 0 });
    });
  });

  it('unsubscribes from the Observables of handlers, and calls off retries', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const ended: [string, number][] = [];
      const tries: string[] = [];
      const handler = (value: string): Observable<string> => {
        tries.push(value);
        if (value === 'a') throw new Error('no a');
        return NEVER.pipe(finalize(() => ended.push([value, clock.now()])));
      };

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2 })), '^----!').toBe('------');
      flush();
      expect(ended).toEqual([['b', 5]]);
      expect(tries).toEqual(['a', 'b']);
    });
  });

  it('a handler that reads its signal late finds it aborted', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a');
      const contexts: Context[] = [];
      const handler = (_: string, context: Context) => {
        contexts.push(context);
        return never;
      };

      expectObservable(log.stream.pipe(work(handler)), '^--!').toBe('---');
      flush();
      expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true]);
    });
  });
});
