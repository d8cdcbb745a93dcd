import { map, take, type Observable } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import type { Status } from '../../src/observables/delivery/types.js';
import { later, never } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** What a stream shows, without the words for people. */
const shown = (log: ScriptedLog): Observable<string> =>
  log.stream.status$.pipe(map(({ state, reasons, sinceMs }) => `${[state, ...reasons].join(' ')} since ${sinceMs}`));

/** The status at one moment. */
function statusAt(log: ScriptedLog, atMs: number, seen: (status: Status) => void): void {
  clock.after(atMs, () => log.stream.status$.pipe(take(1)).subscribe(seen));
}

describe('status$', () => {
  it('says that nobody has subscribed, that it delivers, and that it has ended', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab');
      const from = '    ---^           ';
      const stream = '  ----a(b|)      ';
      const status = '  p--d-e         ';
      const values = { p: 'paused user since 0', d: 'delivering since 3', e: 'ended since 5' };

      expectObservable(log.stream.pipe(autoAck()), from).toBe(stream);
      expectObservable(shown(log)).toBe(status, values);
    });
  });

  it('says since when the window is full, and since when it delivers again', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { latencyMs: 2, window: { deliveries: 1 } });
      const stream = '  ------a-----b-----(c|)';
      const status = '  d-w---d-w---d-----e';
      const values = {
        d: expect.stringMatching(/^delivering since (0|6|12)$/),
        w: expect.stringMatching(/^paused window since (2|8)$/),
        e: 'ended since 18',
      };

      expectObservable(log.stream.pipe(work((value) => later(4, value)))).toBe(stream);
      expectObservable(shown(log)).toBe(status, values);
    });
  });

  it('tells changes at most once a turn, and nothing twice', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a', { latencyMs: 50 });
      const until = '  ^-------!';
      const status = ' d--p----e';
      clock.after(2, () => log.core.pause('test')());
      clock.after(3, () => {
        log.core.pause('one');
        const resume = log.core.pause('two');
        resume();
        log.core.pause('three');
        log.core.set('reconnecting');
        log.core.clear('reconnecting');
      });
      clock.after(5, () => log.core.pause('four'));

      expectObservable(log.stream.pipe(autoAck()), until).toBe('-');
      expectObservable(shown(log)).toBe(status, {
        d: 'delivering since 0',
        p: 'paused user since 3',
        e: 'ended since 8',
      });
    });
  });

  it('reasons add up; the state is as old as the first of them', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('a', { latencyMs: 50 });
      clock.after(2, () => log.core.set('reconnecting', 'refused'));
      clock.after(4, () => {
        const resume = log.core.pause('breaker');
        clock.after(4, resume);
      });
      clock.after(6, () => log.core.clear('reconnecting'));
      clock.after(10, () => log.core.set('server', 'it catches up'));
      const until = ' ^----------!';
      const status = 'd-r-b-u-D-s-';

      expectObservable(log.stream, until).toBe('-');
      expectObservable(shown(log), until).toBe(status, {
        d: 'delivering since 0',
        r: 'paused reconnecting since 2',
        b: 'paused reconnecting user since 2',
        u: 'paused user since 2',
        D: 'delivering since 8',
        s: 'paused server since 10',
      });
    });
  });

  it('names the oldest delivery, its age, attempt and the last operator that saw it', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcd', { window: { deliveries: 2 }, endless: true });
      const seen: Status[] = [];
      log.stream
        .pipe(
          filterDelivery(() => true),
          mapDelivery((value) => value),
        )
        .subscribe();
      statusAt(log, 10, (status) => seen.push(status));
      flush();
      expect(seen).toEqual([
        {
          state: 'paused',
          reasons: ['window'],
          sinceMs: 2,
          detail:
            '2 of 2 deliveries, 2 of 4 bytes; ' +
            'the oldest of 2, lance:log@0, attempt 1, is unsettled since 9 ms, last seen in mapDelivery',
        },
      ]);
    });
  });

  it('names the gap: what holds the watermark while others behind it are settled', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abcdef', { window: { deliveries: 3 }, endless: true });
      const seen: Status[] = [];
      const handler = (value: string) => (value === 'b' || value > 'c' ? never : value);
      log.stream.pipe(work(handler, { concurrency: 10 })).subscribe();
      statusAt(log, 20, (status) => seen.push(status));
      flush();
      expect(seen).toEqual([
        {
          state: 'paused',
          reasons: ['window', 'gap'],
          sinceMs: 5,
          detail:
            '3 of 3 deliveries, 3 of 4 bytes; ' +
            'the oldest of 3, lance:log@1, attempt 1, is unsettled since 18 ms, last seen in work',
        },
      ]);
    });
  });

  it('says when the oldest one waits to come again, and which attempt it was', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { window: { deliveries: 2 }, endless: true });
      const details: string[] = [];
      const held = log.stream.pipe(
        map((delivery) => {
          if (delivery.value === 'a') delivery.nack({ delayMs: delivery.attempt === 1 ? 5 : 100 });
          return delivery.value;
        }),
      );

      expectObservable(held, '^ 30ms !').toBe('-ab---a');
      statusAt(log, 20, ({ detail }) => details.push(detail));
      flush();
      expect(details).toEqual([
        '2 of 2 deliveries, 2 of 4 bytes; the oldest of 2, lance:log@0, attempt 2, waits to come again since 19 ms',
      ]);
    });
  });

  it('tells who paused it, and what the source has to say', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { latencyMs: 50 });
      const details: string[] = [];
      const subscription = log.stream.subscribe();
      for (const reason of ['breaker', 'pauseWhen', 'breaker']) log.core.pause(reason);
      log.core.set('reconnecting', 'connection refused');
      statusAt(log, 1, ({ detail }) => details.push(detail));
      clock.after(2, () => subscription.unsubscribe());
      flush();
      expect(details).toEqual(['breaker, pauseWhen; connection refused']);
    });
  });

  it('shows a drain and how it ends, then completes', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('ab', { endless: true });
      clock.after(3, () => log.stream.drain().subscribe());
      const stream = '------a(b|)';
      const status = 'd--D---(e|)';
      const values = { d: 'delivering since 0', D: 'draining since 3', e: 'ended since 7' };

      expectObservable(log.stream.pipe(work((value) => later(5, value), { concurrency: 2 }))).toBe(stream);
      expectObservable(shown(log)).toBe(status, values);
    });
  });

  it('completes after a drain that nobody noticed', () => {
    run(({ expectObservable }) => {
      const neverUsed = new ScriptedLog('ab');
      const usedUp = new ScriptedLog('ab');
      clock.after(5, () => neverUsed.stream.drain().subscribe());
      clock.after(5, () => usedUp.stream.drain().subscribe());

      expectObservable(usedUp.stream.pipe(autoAck())).toBe('-a(b|)');
      expectObservable(shown(neverUsed)).toBe('p----(e|)', { p: 'paused user since 0', e: 'ended since 0' });
      expectObservable(shown(usedUp)).toBe('d-e--|', { d: 'delivering since 0', e: 'ended since 2' });
      expectObservable(shown(usedUp), '        -------^').toBe('-------(e|)', { e: 'ended since 2' });
    });
  });

  it('says what a drain waits for', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const details: [string, string][] = [];
      log.stream.pipe(work(() => never, { concurrency: 2 })).subscribe();
      clock.after(3, () => log.stream.drain({ deadlineMs: 100 }).subscribe());
      statusAt(log, 50, ({ state, detail }) => details.push([state, detail]));
      flush();
      expect(details).toEqual([
        ['draining', 'the oldest of 2, lance:log@0, attempt 1, is unsettled since 49 ms, last seen in work'],
      ]);
    });
  });

  it('goes on over epochs', () => {
    run(({ expectObservable }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const status = 'd---e-d---e';
      const values = {
        d: expect.stringMatching(/^delivering since [06]$/),
        e: expect.stringMatching(/^ended since (4|10)$/),
      };

      expectObservable(log.stream.pipe(map(({ value }) => value)), '^---!').toBe('-abc');
      expectObservable(log.stream.pipe(autoAck()), '                  ------^---!').toBe('-------abc');
      expectObservable(shown(log)).toBe(status, values);
    });
  });
});
