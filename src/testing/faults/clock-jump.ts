import { asyncScheduler } from 'rxjs';

/** A clock that is set while timers run on: what `asyncScheduler.now()` says, where the whole library gets its time from. */
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
