import { asyncScheduler } from 'rxjs';

/** The system's clock, set while timers run on: what `asyncScheduler.now()` says, and with it the library's timestamps. */
export class JumpingClock {
  readonly #now = asyncScheduler.now;
  #aheadMs = 0;

  constructor() {
    asyncScheduler.now = () => this.#now.call(asyncScheduler) + this.#aheadMs;
  }

  /** How far it is ahead of the timers; behind if negative. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** By `ms` milliseconds from what it says now, back if negative. */
  jump(ms: number): void {
    this.#aheadMs += ms;
  }

  /** It says again what it said before there was one. */
  restore(): void {
    asyncScheduler.now = this.#now;
  }
}
