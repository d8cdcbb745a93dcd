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

/** Frames of virtual time begin at 0; a system's clock has been beyond this since 2001. */
const REAL_FROM_MS = 1e12;

/** Kept from the beginning: tests that set the clock do so by replacing it. */
const scheduled = asyncScheduler.now;

export const clock: Clock = {
  now() {
    const ms = scheduled.call(asyncScheduler);
    // oxlint-disable-next-line no-restricted-globals -- this is where time comes from
    return ms < REAL_FROM_MS ? ms : Math.trunc(performance.timeOrigin + performance.now());
  },
  date: () => asyncScheduler.now(),
  after: (delayMs, then) => asyncScheduler.schedule(then, delayMs),
};
