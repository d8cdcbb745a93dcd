import { asyncScheduler, type Subscription } from 'rxjs';

/**
 * The only source of time in Sluice. It goes through RxJS, so `TestScheduler.run` moves it.
 * Every timer is one-shot and owned by the subscription it returns.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; virtual frames inside `TestScheduler.run`. */
  now(): number;
  /** Runs `then` once after `delayMs`; 0 is the next turn. */
  after(delayMs: number, then: () => void): Subscription;
}

export const clock: Clock = {
  now: () => asyncScheduler.now(),
  after: (delayMs, then) => asyncScheduler.schedule(then, delayMs),
};
