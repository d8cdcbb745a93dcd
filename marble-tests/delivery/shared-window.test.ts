import { delay, map, type Observable } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { Window } from '../../src/observables/delivery/core/window.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { later } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog, type LogScript } from './support/scripted-log.js';

/** Settles each delivery after `delayMs`, as many at once as come. */
const settling = (log: ScriptedLog, delayMs: number): Observable<string> =>
  log.stream.pipe(work((value) => later(delayMs, value), { concurrency: Number.POSITIVE_INFINITY }));

describe('a shared window', () => {
  it('bounds all its streams together', () => {
    run(({ flush }) => {
      const window = new Window({ deliveries: 3, bytes: 100 });
      const logs = ['abcdef', 'ghijkl', 'mnopqr'].map((records) => new ScriptedLog(records, { window, depth: 2 }));
      let most = 0;
      for (const log of logs) {
        log.stream.pipe(delay(2)).subscribe((delivery) => {
          most = Math.max(most, window.deliveries);
          delivery.ack();
        });
      }
      flush();
      expect(most).toBe(3);
      expect(logs.map(({ stream }) => stream.fate().acked)).toEqual([6, 6, 6]);
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('is taken in turns by those who wait', () => {
    run(({ expectObservable }) => {
      const window = new Window({ deliveries: 1, bytes: 100 });
      const script: LogScript = { window, endless: true };
      const lower = new ScriptedLog('abc', script);
      const upper = new ScriptedLog('ABC', script);
      const digit = new ScriptedLog('123', script);
      // One millisecond to fetch, one to settle.
      expectObservable(settling(lower, 1)).toBe('--a-----b-----c');
      expectObservable(settling(upper, 1)).toBe('----A-----B-----C');
      expectObservable(settling(digit, 1)).toBe('------1-----2-----3');
    });
  });

  it('starves nobody: a large wish is not overtaken for ever by small ones', () => {
    run(({ flush }) => {
      const window = new Window({ deliveries: 100, bytes: 10 });
      const small = new ScriptedLog('a'.repeat(50), { window, depth: 8 });
      const large = new ScriptedLog('AB', { window, fetchBytes: 9 });
      const at: number[] = [];
      settling(small, 3).subscribe();
      clock.after(2, () => settling(large, 3).subscribe(() => at.push(clock.now())));
      flush();
      expect(small.stream.fate().acked).toBe(50);
      // Asked at 2, when eight small ones are out; those are settled by 6, and nobody got in between.
      expect(large.asked.map(({ atMs }) => atMs)).toEqual([5, 9]);
      expect(at).toHaveLength(2);
    });
  });

  it('lets what has arrived and lacks bytes go before new wishes', () => {
    run(({ expectObservable, flush }) => {
      const window = new Window({ deliveries: 100, bytes: 10 });
      const small = new ScriptedLog('abcdefghijklmnop', { window, depth: 4 });
      const swollen = new ScriptedLog('X', { window, bytes: { X: 9 } });

      settling(small, 3).subscribe();
      expectObservable(settling(swollen, 1)).toBe('------(X|)');
      flush();
      expect(small.stream.fate().acked).toBe(16);
    });
  });

  it('hands out alone what is larger than the window, whichever stream it comes from', () => {
    run(({ flush }) => {
      const window = new Window({ deliveries: 100, bytes: 10 });
      const script: LogScript = { window, fetchBytes: 2 };
      const first = new ScriptedLog('abX', { ...script, bytes: { X: 30 } });
      const second = new ScriptedLog('cdY', { ...script, bytes: { Y: 40 } });
      const taken: [string, number][] = [];
      for (const log of [first, second]) {
        log.stream.observe().subscribe(({ value }) => taken.push([value, window.bytes]));
        settling(log, 2).subscribe();
      }
      flush();
      const large = taken.filter(([value]) => value === 'X' || value === 'Y');
      // One waits while the other is unsettled; it keeps what it had reserved.
      expect(large).toEqual([
        ['X', 32],
        ['Y', 40],
      ]);
      expect([window.deliveries, window.bytes]).toEqual([0, 0]);
    });
  });

  it('is not blocked by a stream that left, was paused or drains while it waited', () => {
    run(({ expectObservable }) => {
      const window = new Window({ deliveries: 1, bytes: 10 });
      const script: LogScript = { window, endless: true };
      const first = new ScriptedLog('a', script);
      const leaves = new ScriptedLog('b', script);
      const drains = new ScriptedLog('c', script);
      const paused = new ScriptedLog('d', script);
      const last = new ScriptedLog('e', script);
      expectObservable(settling(first, 9)).toBe('          ----------a--');
      expectObservable(settling(leaves, 1), '^----!').toBe('-------------');
      expectObservable(settling(drains, 1)).toBe('         ------|------');
      expectObservable(settling(paused, 1)).toBe('         -------------');
      expectObservable(settling(last, 1)).toBe('           ------------e');
      clock.after(6, () => drains.stream.drain().subscribe());
      clock.after(7, () => paused.core.pause('test'));
    });
  });

  it('is not blocked by a stream that has failed and may not tell it yet', () => {
    run(({ flush }) => {
      const window = new Window({ deliveries: 2, bytes: 12 });
      const fails = new ScriptedLog('ab', { window, fetchBytes: 7, depth: 2, latencyMs: 50 });
      const other = new ScriptedLog('c', { window });
      fails.stream.subscribe({ error: () => undefined });
      other.stream.subscribe();
      clock.after(3, () => {
        // The second fetch of the first stream has no room, and the other one stands behind it.
        expect(other.asked).toEqual([]);
        fails.core.enter();
        fails.core.fail(new Error('the line broke'));
        expect(fails.core.reserve(1)).toBe(false);
        expect(other.asked).toEqual([{ atMs: 3, position: 0 }]);
      });
      flush();
    });
  });

  it('is given back by a stream that ends with everything unsettled', () => {
    run(({ expectObservable }) => {
      const window = new Window({ deliveries: 2, bytes: 10 });
      const stuck = new ScriptedLog('ab', { window, endless: true });
      const other = new ScriptedLog('c', { window });

      expectObservable(stuck.stream.pipe(map(({ value }) => value)), '^----!').toBe('-ab');
      expectObservable(settling(other, 1), '                          ---^').toBe('-------(c|)');
    });
  });
});
