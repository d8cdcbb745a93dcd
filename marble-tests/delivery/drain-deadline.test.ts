import { map, tap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { work, type WorkContext } from '../../src/observables/delivery/operators/work.js';
import type { Delivery } from '../../src/observables/delivery/types.js';
import { drainAt, NO_FATES, values } from './support/draining.js';
import { never } from './support/later.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

type Context = WorkContext<Delivery<string>>;

describe('at the deadline of a drain', () => {
  it('what is left is abandoned, and the report comes', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const reports = drainAt(log, 5, 10);

      expectObservable(values(log)).toBe('-abc-----------|');
      flush();
      expect(reports).toEqual([[15, { ...NO_FATES, delivered: 3, abandoned: 3 }]]);
    });
  });

  it('is 30 seconds away by default', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const reports = drainAt(log, 5);
      log.stream.subscribe();
      flush();
      expect(reports.map(([atMs]) => atMs)).toEqual([30_005]);
    });
  });

  it('all are marked before any is told', () => {
    run(({ flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      drainAt(log, 5, 10);
      const deliveries: Delivery<string>[] = [];
      const told: string[] = [];
      log.stream.subscribe((delivery) => {
        deliveries.push(delivery);
        delivery.signal.addEventListener('abort', () => {
          told.push(`${delivery.value}: ${deliveries.map((each) => each.ack()).join()}`);
        });
      });
      flush();
      expect(told).toEqual(['a: stale,stale,stale', 'b: stale,stale,stale', 'c: stale,stale,stale']);
      expect(log.stream.fate()).toEqual({ ...NO_FATES, delivered: 3, abandoned: 3, late: 9 });
    });
  });

  it('work drops its jobs, starts no queued one and waits for no promise of theirs', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('abc', { endless: true });
      const reports = drainAt(log, 5, 10);
      const started: string[] = [];
      const aborted: string[] = [];
      const handler = (value: string, { signal }: Context) => {
        started.push(value);
        signal.addEventListener('abort', () => aborted.push(value));
        return never;
      };

      expectObservable(log.stream.pipe(work(handler))).toBe('---------------|');
      flush();
      expect([started, aborted]).toEqual([['a'], ['a']]);
      expect(reports).toEqual([[15, { ...NO_FATES, delivered: 3, abandoned: 3 }]]);
    });
  });

  it('what is settled later counts as late', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      drainAt(log, 5, 10);
      const results: string[] = [];

      expectObservable(
        log.stream.pipe(
          tap((each) => clock.after(30, () => results.push(each.ack()))),
          map(() => 'x'),
        ),
      ).toBe('-xx------------|');
      flush();
      expect(results).toEqual(['stale', 'stale']);
      expect(log.stream.fate()).toEqual({ ...NO_FATES, delivered: 2, abandoned: 2, late: 2 });
    });
  });

  it('the earliest of several deadlines counts', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('a', { endless: true });
      const first = drainAt(log, 5, 1_000);
      const hurried = drainAt(log, 8, 10);
      const patient = drainAt(log, 9, 5_000);

      expectObservable(values(log)).toBe('-a 16ms |');
      flush();
      for (const reports of [first, hurried, patient]) {
        expect(reports).toEqual([[18, { ...NO_FATES, delivered: 1, abandoned: 1 }]]);
      }
    });
  });

  it('of zero nothing is waited for', () => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab', { endless: true });
      const reports = drainAt(log, 5, 0);

      expectObservable(values(log)).toBe('-ab--|');
      flush();
      expect(reports).toEqual([[5, { ...NO_FATES, delivered: 2, abandoned: 2 }]]);
    });
  });
});
