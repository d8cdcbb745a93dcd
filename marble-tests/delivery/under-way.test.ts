import { map, take, tap } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import type { Delivery, Outcome } from '../../src/observables/delivery/types.js';
import { drainAt, NO_FATES } from './support/draining.js';
import { run } from './support/marbles.js';
import { ScriptedLog, type LogScript } from './support/scripted-log.js';

/** Everything is dead; that takes 5 ms. */
const SLOW: LogScript = { dead: 'wait', deadMs: 5 };

describe('a decision that is under way when the session ends', () => {
  it.each([
    ['counts, when it is confirmed before the source has flushed', 20, { dead: 1 }],
    ['is abandoned, when the source has flushed without it', 2, { abandoned: 1 }],
  ])('%s', (_, flushMs, fates) => {
    run(() => {
      const log = new ScriptedLog('ab', { ...SLOW, flushMs });
      const outcomes: [atMs: number, fate: Outcome['fate']][] = [];
      const watch = (delivery: Delivery<string>): void => {
        delivery.outcome$.subscribe(({ fate }) => outcomes.push([clock.now(), fate]));
      };
      log.stream
        .pipe(
          tap(watch),
          map((delivery) => delivery.dead()),
          take(1),
        )
        .subscribe();
      clock.after(2, () => expect(log.stream.fate()).toEqual({ ...NO_FATES, delivered: 1 }));
      clock.after(100, () => {
        expect(log.stream.fate()).toEqual({ ...NO_FATES, delivered: 1, ...fates });
        expect(outcomes).toEqual([[1 + Math.min(5, flushMs), Object.keys(fates)[0]]]);
        expect([log.window.deliveries, log.window.bytes]).toEqual([0, 0]);
      });
    });
  });

  it('counts in the report of a drain whose deadline came first', () => {
    run(() => {
      const log = new ScriptedLog('a', { ...SLOW, flushMs: 20 });
      log.stream.pipe(map((delivery) => delivery.dead())).subscribe();
      const reports = drainAt(log, 2, 1);
      clock.after(100, () => expect(reports).toEqual([[23, { ...NO_FATES, delivered: 1, dead: 1 }]]));
    });
  });

  it('does not move the watermark any more', () => {
    run(() => {
      const log = new ScriptedLog('ab', { ...SLOW, flushMs: 20 });
      log.stream
        .pipe(
          map((delivery) => delivery.dead()),
          take(1),
        )
        .subscribe();
      clock.after(100, () => expect(log.position).toBe(0));
    });
  });

  it('and is lost meanwhile: abandoned, once', () => {
    run(() => {
      const log = new ScriptedLog('ab', { ...SLOW, flushMs: 20 });
      const nodes: ReturnType<ScriptedLog['node']>[] = [];
      log.stream
        .pipe(
          tap(() => nodes.push(log.node('a'))),
          map((delivery) => delivery.dead()),
          take(1),
        )
        .subscribe();
      clock.after(3, () => nodes.forEach((node) => node.flow.lose(node)));
      clock.after(100, () => expect(log.stream.fate()).toEqual({ ...NO_FATES, delivered: 1, abandoned: 1 }));
    });
  });
});
