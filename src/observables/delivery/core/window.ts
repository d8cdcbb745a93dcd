import { integerIn } from '../../../foundation/check.js';
import { onlyKnown } from '../../../foundation/known-options.js';

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
 * One window may be shared by several streams: they take turns in the order in which they were refused. What has
 * arrived and turned out larger than it was thought to be goes before everything that has yet to be asked for.
 *
 * @example
 * import { Window } from 'sluice';
 * const shared = new Window({ deliveries: 8, bytes: 32 << 20 });
 */
export class Window {
  readonly limits: WindowLimits;
  private takenDeliveries = 0;
  private takenBytes = 0;
  private unsettled = 0;
  /** Those whose delivery is here and lacks bytes. */
  private readonly lacking: Waiter[] = [];
  /** Those who want to ask for more. */
  private readonly waiting: Waiter[] = [];
  private waking = false;
  private turn: Waiter | undefined;

  /** @throws {@link InvalidOptionError} when a limit is not a positive integer. */
  constructor(limits: WindowLimits) {
    onlyKnown('window', limits, { deliveries: true, bytes: true });
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

  /** Takes one delivery and `bytes`, or remembers `who` for later. */
  take(who: Waiter, bytes: number): boolean {
    if (!this.mayTake(who) || !this.fits(bytes)) {
      join(this.waiting, who);
      return false;
    }
    if (this.turn === who) this.turn = undefined;
    this.takenDeliveries++;
    this.takenBytes += bytes;
    // Whoever stood behind it may want less than it did.
    if (this.waiting[0] === who && this.waiting.shift() !== undefined) this.wakeWaiters();
    return true;
  }

  /**
   * Something that has its place is to be handed out and needs `missing` bytes more; if there is no room, `who` is
   * remembered. What is larger than the window, or can't wait for others of its kind, is let in when nothing is unsettled.
   */
  admit(who: Waiter, missing: number): boolean {
    if (missing > 0 && this.unsettled > 0 && this.takenBytes + missing > this.limits.bytes) {
      join(this.lacking, who);
      return false;
    }
    this.takenBytes += missing;
    this.unsettled++;
    if (this.lacking.length > 0 && part(this.lacking, who)) this.wakeWaiters();
    return true;
  }

  /** Gives back what was reserved. */
  refund(deliveries: number, bytes: number): void {
    this.takenDeliveries -= deliveries;
    this.takenBytes -= bytes;
    this.wakeWaiters();
  }

  /** Gives back what was admitted. */
  settled(bytes: number): void {
    this.unsettled--;
    this.refund(1, bytes);
  }

  /** `who` no longer wants to ask for more. */
  withdraw(who: Waiter): void {
    if (part(this.waiting, who)) this.wakeWaiters();
  }

  /** `who` no longer wants anything. */
  leave(who: Waiter): void {
    const lacked = part(this.lacking, who);
    if (part(this.waiting, who) || lacked) this.wakeWaiters();
  }

  /** One value larger than the window is let in alone. */
  private fits(bytes: number): boolean {
    if (this.takenDeliveries === 0) return true;
    return this.takenDeliveries < this.limits.deliveries && this.takenBytes + bytes <= this.limits.bytes;
  }

  private mayTake(who: Waiter): boolean {
    if (this.lacking.length > 0) return false;
    return this.waiting.length === 0 || this.waiting[0] === who || this.turn === who;
  }

  private wakeWaiters(): void {
    if (this.waking || this.lacking.length + this.waiting.length === 0) return;
    this.waking = true;
    try {
      while (this.lacking.length > 0 ? this.offer(this.lacking) : this.waiting.length > 0 && this.offer(this.waiting));
    } finally {
      this.waking = false;
      this.turn = undefined;
    }
  }

  /** Wakes the first in line; false if it is still there and nothing has changed: no one overtakes it. */
  private offer(line: Waiter[]): boolean {
    const first = line.shift();
    if (first === undefined) return false;
    const before = this.takenDeliveries + this.takenBytes;
    this.turn = line === this.waiting ? first : undefined;
    first.wake();
    this.turn = undefined;
    if (!line.includes(first) || this.takenDeliveries + this.takenBytes !== before) return true;
    part(line, first);
    line.unshift(first);
    return false;
  }
}

function join(line: Waiter[], who: Waiter): void {
  if (!line.includes(who)) line.push(who);
}

function part(line: Waiter[], who: Waiter): boolean {
  const at = line.indexOf(who);
  if (at >= 0) line.splice(at, 1);
  return at >= 0;
}
