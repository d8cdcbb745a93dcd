import type { TestScheduler } from 'rxjs/testing';
import type { Legend, Recording } from '../marbles/recording.js';

/** A function that stands on the stack. */
export type Caller = (...args: never) => unknown;

/** One test in virtual time, as the parts of the kit see it. */
export interface MarbleRun {
  readonly scheduler: TestScheduler;
  /** Virtual milliseconds since the run began. */
  readonly nowMs: number;
  /** At the end of the run the recording must look like this. A failure points at the line that called `above`. */
  expect(recording: Recording, diagram: string, values?: Legend, error?: unknown, above?: Caller): void;
  /** Something that the index of behaviours may draw. */
  show(recording: Recording, values?: Legend): void;
  /** If the test fails, an error in the recording may be why; it is mentioned unless it `isRead`, or expected to be something. */
  mayExplain(recording: Recording, isRead: () => boolean): void;
  /** The test is not over before this moment. */
  lasts(untilMs: number): void;
  /** Calls `sample` at the end of each millisecond in which something happened. */
  onFrame(sample: (atMs: number) => void): void;
  /** Calls `check` when virtual time is over; what it throws fails the test. */
  onEnd(check: () => void): void;
  /** Calls `restore` when the run is over, however it ended. */
  onOver(restore: () => void): void;
  /** Ends the run as soon as possible; the test fails with this. */
  fail(error: Error): void;
  /** Something came of a timer: a frame was sent, a delivery made. */
  worked(): void;
}

let current: MarbleRun | undefined;

/**
 * The run that is under way.
 *
 * @throws Error outside of `marbles`.
 */
export function currentRun(): MarbleRun {
  if (current === undefined) throw new Error('this works inside marbles(…) only');
  return current;
}

/** @internal Makes `run` the current one while `test` runs. */
export function during<T>(run: MarbleRun, test: () => T): T {
  if (current !== undefined) throw new Error('marbles(…) inside marbles(…): one run at a time');
  current = run;
  try {
    return test();
  } finally {
    current = undefined;
  }
}
