import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';

/** What a timer can hold, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** One timer for many deadlines, running only while there is one. */
export class Alarm {
  readonly #ring: () => void;
  #timer: Subscription | undefined;
  #atMs = 0;

  /** `ring` may be called early: whoever sets the alarm looks at the clock and sets it again. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  get armed(): boolean {
    return this.#timer !== undefined;
  }

  /** Rings no later than at this time; undefined: not at all. */
  set(atMs: number | undefined): void {
    if (atMs === undefined) return this.#stop();
    // One that rings too early is left alone: taking it back would cost more than it does.
    if (this.#timer !== undefined && this.#atMs <= atMs) return;
    this.#stop();
    const delayMs = Math.min(Math.max(0, atMs - clock.now()), LONGEST);
    this.#atMs = clock.now() + delayMs;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#ring();
    });
  }

  #stop(): void {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
  }
}
