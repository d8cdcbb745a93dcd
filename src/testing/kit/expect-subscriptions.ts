import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { MarbleRun } from '../run/marble-run.js';
import type { Begun } from './begun.js';

/** RxJS's own; the test lasts until what it expects. */
export function expectSubscriptionsIn(
  run: MarbleRun,
  { expectSubscriptions }: RunHelpers,
  begun: Begun,
): RunHelpers['expectSubscriptions'] {
  return (logs) => ({
    toBe(diagrams) {
      begun.mustRun('expectSubscriptions');
      for (const diagram of [diagrams].flat()) {
        const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(diagram, true);
        run.lasts(Math.max(...[subscribedFrame, unsubscribedFrame].filter(Number.isFinite), 0));
      }
      expectSubscriptions(logs).toBe(diagrams);
    },
  });
}
