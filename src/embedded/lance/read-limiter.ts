import { clock } from '../../foundation/clock.js';

/**
 * The genuine server's consumer read limit: one bucket for all connections, one second deep, charged with what was
 * asked for but never below zero. One byte left is enough for a whole reply (trap T 54).
 */
export class ReadLimiter {
  readonly #bytesPerSec: number;
  #left: number;
  #filledAt = clock.now();

  constructor(bytesPerSec: number) {
    this.#bytesPerSec = bytesPerSec;
    this.#left = bytesPerSec;
  }

  /** False if the bucket is exactly empty. */
  admit(maxBytes: number): boolean {
    const now = clock.now();
    // A server may be made in real time and used in virtual time, which begins at 0.
    this.#filledAt = Math.min(this.#filledAt, now);
    const gained = Math.floor(((now - this.#filledAt) * this.#bytesPerSec) / 1000);
    if (gained > 0) {
      this.#left = Math.min(this.#bytesPerSec, this.#left + gained);
      this.#filledAt = now;
    }
    if (this.#left === 0) return false;
    this.#left -= Math.min(this.#left, maxBytes);
    return true;
  }
}
