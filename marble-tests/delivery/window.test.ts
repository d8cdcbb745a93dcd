import { concatMap, map, timer, type OperatorFunction } from 'rxjs';
import { Window } from '../../src/observables/delivery/core/window.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { clock } from '../../src/foundation/clock.js';
import { marbles } from '../../src/testing.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** Settles one delivery after the other, each after `delayMs`. */
const slowly = (delayMs: number): OperatorFunction<Delivery<string>, string> => work((value) => later(delayMs, value));

const askedAt = (log: ScriptedLog): number[] => log.asked.map(({ atMs }) => atMs);

describe('window', () => {
  it('bounds the deliveries that are unsettled or asked for', () => {
    run(({ expectObservable, expectCredit, flush }) => {
      // A record each millisecond, if there is room for it.
      const log = new ScriptedLog('abcde', { window: { deliveries: 2 } });
      const arrivals = '-ab--c--d--e';
      const expected = '----a--b--c--d--(e|)';
      const credit = '  10-----------1--2';

      expectObservable(log.stream.observe().pipe(map(({ value }) => value))).toBe(arrivals);
      expectObservable(log.stream.pipe(slowly(3))).toBe(expected);
      expectCredit(log.stream).toBe(credit);
      flush();
      expect(askedAt(log)).toEqual([0, 1, 4, 7, 10]);
    });
  });

  it('bounds the bytes that are unsettled or asked for', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd', { fetchBytes: 10, window: { deliveries: 100, bytes: 25 } });
      const expected = '----a--b--c--(d|)';

      expectObservable(log.stream.pipe(slowly(3))).toBe(expected);
      flush();
      expect(askedAt(log)).toEqual([0, 1, 4, 7]);
    });
  });

  it('is spent on delivery, not on receipt: a stream that settles nothing gets one window full', () => {
    marbles(({ deliveries, expectObservable, expectCredit, expectFate }) => {
      const source = deliveries('                                            -abcdefgh', undefined, {
        window: { deliveries: 3 },
      });

      expectObservable(source.pipe(map(({ value }) => value)), '^ 50ms !').toBe('-abc');
      expectCredit(source).toBe('                                            3210 47ms 3');
      expectFate(source).toBe('                                              51ms (xxx)');
    });
  });

  it('reserves when it asks and trues up on arrival', () => {
    run(({ flush }) => {
      const bytes = { a: 2, b: 2, c: 2, d: 2, e: 2, f: 2, g: 2 };
      const log = new ScriptedLog('abcdefg', { fetchBytes: 10, bytes, window: { deliveries: 100, bytes: 20 } });
      const taken: number[] = [];
      log.stream.subscribe(() => taken.push(log.window.bytes));
      flush();
      // With six deliveries there is no room for a fetch of ten.
      expect(log.asked).toHaveLength(6);
      expect(taken).toEqual([2, 4, 6, 8, 10, 12]);
    });
  });

  it('trues up on arrival even while nothing is handed out', () => {
    run(({ flush }) => {
      const shared = new Window({ deliveries: 10, bytes: 20 });
      const paused = new ScriptedLog('ab', { fetchBytes: 18, bytes: { a: 2, b: 2 }, latencyMs: 5, window: shared });
      const other = new ScriptedLog('x', { fetchBytes: 10, window: shared });
      paused.stream.subscribe();
      clock.after(1, () => other.stream.subscribe());
      clock.after(4, () => paused.core.pause('test'));
      flush();
      expect(paused.stream.fate().delivered).toBe(0);
      expect(askedAt(other)).toEqual([5]);
    });
  });

  it('needs two free credits to fetch ahead', () => {
    run(({ expectObservable, flush }) => {
      const one = new ScriptedLog('abc', { latencyMs: 4, depth: 2, window: { deliveries: 1 } });
      const two = new ScriptedLog('abc', { latencyMs: 4, depth: 2, window: { deliveries: 2 } });

      expectObservable(one.stream.pipe(autoAck())).toBe('----a---b---(c|)');
      expectObservable(two.stream.pipe(autoAck())).toBe('----(ab)(c|)');
      flush();
      expect(askedAt(one)).toEqual([0, 4, 8]);
      expect(askedAt(two)).toEqual([0, 0, 4]);
    });
  });

  it('delivers one value larger than the window alone', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcd', { fetchBytes: 10, bytes: { b: 50 }, window: { deliveries: 4, bytes: 20 } });
      const taken: [string, number][] = [];
      const arrivals = '-a--b---cd';
      const expected = '----a--b---c--(d|)';

      const seen = log.stream.observe().pipe(
        map(({ value }) => {
          taken.push([value, log.window.bytes]);
          return value;
        }),
      );
      expectObservable(seen).toBe(arrivals);
      expectObservable(log.stream.pipe(slowly(3))).toBe(expected);
      flush();
      expect(taken).toEqual([
        ['a', 10],
        ['b', 50],
        ['c', 10],
        ['d', 20],
      ]);
    });
  });

  it('asks for more than the window in one fetch only when nothing else is out', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', {
        fetchBytes: 50,
        bytes: { a: 5, b: 5, c: 5 },
        window: { deliveries: 4, bytes: 20 },
      });
      log.stream.pipe(slowly(3)).subscribe();
      flush();
      expect(askedAt(log)).toEqual([0, 4, 8]);
    });
  });

  it('gives all credit back at the end of an epoch, whatever is out', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abcdef', { depth: 3, latencyMs: 2, bytes: { b: 9 } });

      expectObservable(log.stream.pipe(map(({ value }) => value)), '^--!').toBe('--a');
      flush();
      expect(log.asked).toHaveLength(4);
      expect([log.window.deliveries, log.window.bytes]).toEqual([0, 0]);
    });
  });

  it('holds for concatMap: what a plain operator queues is unsettled', () => {
    marbles(({ deliveries, expectObservable, expectCredit }) => {
      const source = deliveries('                  -abcdef|', undefined, { window: { deliveries: 2 } });
      const handedOut = source.observe().pipe(map(({ value }) => value));
      const acked = (delivery: Delivery<string>) => timer(3).pipe(map(() => (delivery.ack(), delivery.value)));

      expectObservable(handedOut).toBe('            -ab-c--d--e--f');
      expectObservable(source.pipe(concatMap(acked))).toBe('----a--b--c--d--e--(f|)');
      expectCredit(source).toBe('                  210-------------1--2');
    });
  });
});
