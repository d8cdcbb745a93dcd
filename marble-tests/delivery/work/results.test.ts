import { EMPTY, concat, of, take, timer, map } from 'rxjs';
import { work } from '../../../src/observables/delivery/operators/work.js';
import { later } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

describe('work: results', () => {
  it('takes a value for the result', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const expected = '-AB(C|)';

      expectObservable(log.stream.pipe(work((value) => value.toUpperCase()))).toBe(expected);
    });
  });

  it('takes an array for a value', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');

      expectObservable(log.stream.pipe(work((value) => [value, value]))).toBe('-(x|)', { x: ['a', 'a'] });
    });
  });

  it('takes what a promise resolves to', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const expected = '---A-(B|)';

      expectObservable(log.stream.pipe(work((value) => later(2, value.toUpperCase())))).toBe(expected);
    });
  });

  it('takes the last value of an Observable, when it completes', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const expected = '---x-(y|)';
      const handler = (value: string) => concat(of(1), timer(2).pipe(map(() => (value === 'a' ? 'x' : 'y'))));

      expectObservable(log.stream.pipe(work(handler))).toBe(expected);
    });
  });

  it('takes an empty Observable for undefined', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a');

      expectObservable(log.stream.pipe(work(() => EMPTY))).toBe('-(u|)', { u: undefined });
    });
  });

  it('emits one result per delivery it has acked, none for what the handler decided itself', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { dead: 'done' });
      const results = log.stream.pipe(
        work((value, { delivery }) => {
          if (value === 'b') delivery.dead({ reason: 'not mine' });
          return value;
        }),
      );

      expectObservable(results).toBe('-a-(c|)');
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 2, nacked: 0, dead: 1, abandoned: 0, late: 1 });
    });
  });

  it('acks with the result', () => {
    run(({ flush }) => {
      const results: unknown[] = [];
      const log = new ScriptedLog('ab', { encode: (result) => results.push(result) });
      log.stream.pipe(work((value) => value.toUpperCase())).subscribe();
      flush();
      expect(results).toEqual(['A', 'B']);
    });
  });

  it('settles before it emits: take(n) never abandons a success', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc');
      const first = '  -a(b|)   ';
      const unsub = '   ---^     ';
      const second = '  ----(c|)';

      expectObservable(
        log.stream.pipe(
          work((value) => value),
          take(2),
        ),
      ).toBe(first);
      expectObservable(log.stream.pipe(work((value) => value)), unsub).toBe(second);
      flush();
      expect(log.stream.fate()).toEqual({ delivered: 3, acked: 3, nacked: 0, dead: 0, abandoned: 0, late: 0 });
    });
  });

  it('tells the handler the value, the delivery and the attempt', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab');
      const seen: unknown[] = [];
      log.stream
        .pipe(
          work((value, { delivery, attempt, signal }) => {
            seen.push([value, delivery.value, delivery.source.position, attempt, signal.aborted]);
          }),
        )
        .subscribe();
      flush();
      expect(seen).toEqual([
        ['a', 'a', 0n, 1, false],
        ['b', 'b', 1n, 1, false],
      ]);
    });
  });
});
