import { asyncScheduler, type Subscription } from 'rxjs';

/**
 * The only source of time in Sluice. It goes through RxJS, so `TestScheduler.run` moves it.
 * Every timer is one-shot and owned by the subscription it returns.
 */
export interface Clock {
  /**
   * Milliseconds that pass evenly, for deadlines and durations: whoever sets the system's clock does not move them. They
   * began at what that said when the process did, in milliseconds since the Unix epoch; virtual frames inside
   * `TestScheduler.run`.
   */
  now(): number;
  /** Milliseconds since the Unix epoch as the system says now, for timestamps; it may jump, also back. */
  date(): number;
  /** Runs `then` once after `delayMs`; 0 is the next turn. */
  after(delayMs: number, then: () => void): Subscription;
}

/** Kept from the beginning: tests that set the system's clock do so by replacing it. */
const scheduled = asyncScheduler.now;
/** Readings of one moment are no further apart. */
const SAME_MS = 100;

/** The last reading: most readings fall into the millisecond of the one before, and one look at a clock is enough. */
let readMs = Number.NaN;
let saidMs = Number.NaN;

export const clock: Clock = {
  now() {
    const ms = scheduled.call(asyncScheduler);
    if (ms !== readMs) {
      readMs = ms;
      saidMs = evenly(ms);
    }
    return saidMs;
  },
  date: () => asyncScheduler.now(),
  after: (delayMs, then) => asyncScheduler.schedule(then, delayMs),
};

function evenly(ms: number): number {
  // oxlint-disable-next-line no-restricted-globals -- this is where time comes from
  const even = Math.trunc(performance.timeOrigin + performance.now());
  if (isSame(ms, even)) return even;
  // Either the system's clock was set, or time is virtual: then RxJS says something else than the system.
  // oxlint-disable-next-line no-restricted-properties
  return isSame(ms, Date.now()) ? even : ms;
}

function isSame(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= SAME_MS;
}
