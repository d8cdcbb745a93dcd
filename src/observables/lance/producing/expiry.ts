import type { Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import type { Parcel } from './parcel.js';

/** The timer looks again after so long at the latest. */
const LOOK_AFTER_MS = 10_000;

/**
 * Tells which parcels are older than allowed. A timer costs more than a record, so it is not moved with each one: it may
 * find nothing to do, and then there is none.
 */
export class Expiry {
  private timer: Subscription | undefined;

  constructor(
    private readonly timeoutMs: number,
    /** Everything that is not settled. */
    private readonly parcels: () => readonly Parcel[],
    private readonly expired: (parcels: readonly Parcel[]) => void,
  ) {}

  begun(): void {
    if (this.timer === undefined) this.arm(this.timeoutMs);
  }

  stop(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
  }

  private arm(delayMs: number): void {
    this.timer = clock.after(Math.min(delayMs, LOOK_AFTER_MS), () => this.check());
  }

  private check(): void {
    const { timeoutMs } = this;
    const now = clock.now();
    const expired = this.parcels().filter(({ sinceMs }) => now - sinceMs >= timeoutMs);
    if (expired.length > 0) this.expired(expired);
    // Who was told may have sent more, or have closed everything.
    if (this.timer === undefined) return;
    this.stop();
    const left = this.parcels();
    if (left.length === 0) return;
    const oldestMs = left.reduce((least, { sinceMs }) => Math.min(least, sinceMs), Number.POSITIVE_INFINITY);
    this.arm(Math.max(1, oldestMs + timeoutMs - now));
  }
}
