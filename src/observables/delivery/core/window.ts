import { integerIn } from '../../../foundation/check.js';

/** How much may be unsettled or reserved at once. */
export interface WindowLimits {
  readonly deliveries: number;
  readonly bytes: number;
}

/** One who was refused and wants to try again when there is room. */
export interface Waiter {
  /** There may be room: take what is still wanted. */
  wake(): void;
}

/**
 * Credit in deliveries and bytes, spent when something is asked for and refunded when it is settled.
 * One window may be shared by several streams: they take turns in the order in which they were refused.
 *
 * @example
 * import { Window } from 'sluice';
 * const shared = new Window({ deliveries: 8, bytes: 32 << 20 });
 */
export class Window {
  readonly limits: WindowLimits;
  private takenDeliveries = 0;
  private takenBytes = 0;
  private readonly waiting: Waiter[] = [];
  private waking = false;
  private turn: Waiter | undefined;

  /** @throws {@link InvalidOptionError} when a limit is not a positive integer. */
  constructor(limits: WindowLimits) {
    integerIn('window.deliveries', limits.deliveries, 1, Number.MAX_SAFE_INTEGER);
    integerIn('window.bytes', limits.bytes, 1, Number.MAX_SAFE_INTEGER);
    this.limits = { deliveries: limits.deliveries, bytes: limits.bytes };
  }

  /** Deliveries unsettled or reserved. */
  get deliveries(): number {
    return this.takenDeliveries;
  }

  /** Bytes unsettled or reserved. */
  get bytes(): number {
    return this.takenBytes;
  }

  /** Takes one delivery and `bytes`, or remembers `who` for later. One value larger than the window is let in alone. */
  take(who: Waiter, bytes: number): boolean {
    if (!this.isNext(who) || !this.fits(bytes)) {
      this.enqueue(who);
      return false;
    }
    if (this.turn === who) this.turn = undefined;
    if (this.waiting[0] === who) this.waiting.shift();
    this.takenDeliveries++;
    this.takenBytes += bytes;
    return true;
  }

  /** Takes `bytes` more for a delivery that already has its place. */
  extend(who: Waiter, bytes: number): boolean {
    if (this.takenBytes + bytes > this.limits.bytes) {
      this.enqueue(who);
      return false;
    }
    this.takenBytes += bytes;
    return true;
  }

  /** Takes `bytes` beyond the limit: the carry of one cut record, or one oversized value. */
  overdraw(bytes: number): void {
    this.takenBytes += bytes;
  }

  refund(deliveries: number, bytes: number): void {
    this.takenDeliveries -= deliveries;
    this.takenBytes -= bytes;
    this.wakeWaiters();
  }

  /** `who` no longer wants anything. */
  leave(who: Waiter): void {
    const at = this.waiting.indexOf(who);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    this.wakeWaiters();
  }

  private fits(bytes: number): boolean {
    if (this.takenDeliveries === 0) return true;
    return this.takenDeliveries < this.limits.deliveries && this.takenBytes + bytes <= this.limits.bytes;
  }

  private isNext(who: Waiter): boolean {
    return this.waiting.length === 0 || this.waiting[0] === who || this.turn === who;
  }

  private enqueue(who: Waiter): void {
    if (!this.waiting.includes(who)) this.waiting.push(who);
  }

  private wakeWaiters(): void {
    if (this.waking) return;
    this.waking = true;
    try {
      for (let turns = this.waiting.length; turns > 0; turns--) {
        const first = this.waiting.shift();
        if (first === undefined) return;
        const before = this.takenDeliveries + this.takenBytes;
        this.turn = first;
        first.wake();
        this.turn = undefined;
        const refused = this.waiting.at(-1) === first && this.takenDeliveries + this.takenBytes === before;
        if (refused) {
          // It stays first in line: a large wish is not to be overtaken for ever by small ones.
          this.waiting.pop();
          this.waiting.unshift(first);
          return;
        }
      }
    } finally {
      this.waking = false;
    }
  }
}
