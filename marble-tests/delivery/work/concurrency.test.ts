import { delay, of, take, timer, map, Subject } from 'rxjs';
import { work } from '../../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../../src/observables/delivery/types.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { later } from '../support/later.js';
import { run } from '../support/marbles.js';
import { ScriptedLog } from '../support/scripted-log.js';

describe('work: concurrency', () => {
  it('works on one after the other by default', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const arrivals = ' -abc       ';
      const expected = ' ----A--B--(C|)';

      expectObservable(log.stream.pipe(work((value) => of(value.toUpperCase()).pipe(delay(3))))).toBe(expected);
      expectObservable(log.stream.observe().pipe(map(({ value }) => value))).toBe(arrivals);
    });
  });

  it('runs as many handlers as there are slots', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abcd');
      const results = log.stream.pipe(work((value) => timer(3).pipe(map(() => value)), { concurrency: 2 }));

      const expected = '----ab-c(d|)';

      expectObservable(results).toBe(expected);
    });
  });

  it('never runs more than that, and leaves no slot empty', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcdefgh', { window: { deliveries: 8, bytes: 8 }, depth: 4 });
      let running = 0;
      const counts: number[] = [];
      log.stream
        .pipe(
          work(
            (value) => {
              counts.push(++running);
              return later(value < 'e' ? 5 : 2, value);
            },
            { concurrency: 3 },
          ),
        )
        .subscribe(() => running--);
      flush();
      expect(Math.max(...counts)).toBe(3);
      expect(log.stream.fate().acked).toBe(8);
    });
  });

  it('takes no limit for an answer', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc');
      const expected = '------(abc|)';
      const until6 = (value: string) => later(6 - (value.charCodeAt(0) - 96), value);

      expectObservable(log.stream.pipe(work(until6, { concurrency: Number.POSITIVE_INFINITY }))).toBe(expected);
    });
  });

  it('emits results in the order in which they are there', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const expected = '----b--(a|)';
      const handler = (value: string) => later(value === 'a' ? 6 : 2, value);

      expectObservable(log.stream.pipe(work(handler, { concurrency: 2 }))).toBe(expected);
      flush();
      expect(log.saved).toEqual([{ atMs: 7, position: 2 }]);
    });
  });

  it('waits for what is under way when its source has completed', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const relay = new Subject<Delivery<string>>();
      log.stream.subscribe((delivery) => {
        relay.next(delivery);
        if (delivery.value === 'b') relay.complete();
      });
      const expected = '----a--(b|)';

      expectObservable(relay.pipe(work((value) => later(3, value)))).toBe(expected);
    });
  });

  it('starts nothing more once the subscriber has enough', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd');
      const started: string[] = [];
      const results = log.stream.pipe(
        work((value) => {
          started.push(value);
          return later(4, value);
        }),
        take(1),
      );

      expectObservable(results).toBe('-----(a|)');
      flush();
      expect(started).toEqual(['a']);
      expect(log.stream.fate()).toMatchObject({ delivered: 4, acked: 1, abandoned: 3 });
    });
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %p slots', (concurrency) => {
    expect(() => work(() => 1, { concurrency })).toThrow(InvalidOptionError);
  });

  it('refuses a handler that is no function', () => {
    expect(() => work('no' as never)).toThrow('work handler: must be a function, got "no"');
  });
});
