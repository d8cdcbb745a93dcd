import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { MarbleRun } from '../run/marble-run.js';

/** RxJS's own; the test lasts until what it expects. */
export function expectSubscriptionsIn(
  run: MarbleRun,
  { expectSubscriptions }: RunHelpers,
): RunHelpers['expectSubscriptions'] {
  return (logs) => ({
    toBe(diagrams) {
      for (const diagram of [diagrams].flat()) {
        const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(diagram, true);
        run.lasts(Math.max(...[subscribedFrame, unsubscribedFrame].filter(Number.isFinite), 0));
      }
      expectSubscriptions(logs).toBe(diagrams);
    },
  });
}
