import type { CrashKind } from '../../../src/testing/exhaustive/crash-options.js';
import { everyCrashPoint, type CrashReport } from '../../../src/testing/exhaustive/every-crash-point.js';
import { consume } from './scenarios/consume.js';
import { NUMBERS } from './scenarios/numbers.js';
import { produce } from './scenarios/produce.js';
import { queueWork, TASKS } from './scenarios/queue-work.js';

/** What each of them once is, in order. */
const distinct = (numbers: readonly number[]): number[] => [...new Set(numbers)];
const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);
const EMPTY = { ready: 0, delayed: 0, leased: 0, dead: 0 };

/** Another timer makes more points; fewer of them would mean that something is not tried any more. */
function expectPoints({ points, byKind }: CrashReport, atLeast: Record<CrashKind, number>): void {
  expect(byKind.connection).toBeGreaterThanOrEqual(atLeast.connection);
  expect(byKind.server).toBeGreaterThanOrEqual(atLeast.server);
  expect(byKind.process).toBeGreaterThanOrEqual(atLeast.process);
  expect(points).toBe(byKind.connection + byKind.server + byKind.process);
}

describe('whatever crashes, wherever', () => {
  it('producing: what is acknowledged is stored, everything is, and in order (121 points)', () => {
    const report = everyCrashPoint(produce(), ({ stored, crossedOff }) => {
      expect(distinct(stored)).toEqual(NUMBERS);
      expect(crossedOff).toEqual(NUMBERS);
    });
    expectPoints(report, { connection: 60, server: 27, process: 34 });
  });

  it('consuming with commit: all is handled and committed, and handled again only if the program has died (161 points)', () => {
    let most = 0;
    const report = everyCrashPoint(consume(), ({ handled, kept, end }, point) => {
      expect(point?.crash === 'process' ? distinct(handled) : handled).toEqual(NUMBERS);
      expect(kept).toBe(BigInt(end));
      most = Math.max(most, handled.length - NUMBERS.length);
    });
    // No more than one batch, which had been handled and not been committed.
    expect(most).toBe(3);
    expectPoints(report, { connection: 81, server: 35, process: 45 });
  });

  it('queue work under short leases: every task is done, and none is left (346 points)', () => {
    const report = everyCrashPoint(queueWork(), ({ done, queue }) => {
      expect(ascending(distinct(done))).toEqual(TASKS);
      expect(queue).toEqual(EMPTY);
      // The lease was over before the ack could be told.
      expect(done.length).toBeLessThanOrEqual(TASKS.length + 1);
    });
    expectPoints(report, { connection: 178, server: 71, process: 97 });
  });

  it('queue work under leases that outlive the break: done again only if the program has died (205 points)', () => {
    const report = everyCrashPoint(queueWork({ leaseMs: 1_000 }), ({ done, queue }, point) => {
      expect(ascending(point?.crash === 'process' ? distinct(done) : done)).toEqual(TASKS);
      expect(queue).toEqual(EMPTY);
      expect(done.length).toBeLessThanOrEqual(TASKS.length + 1);
    });
    expectPoints(report, { connection: 107, server: 41, process: 57 });
  });
});
