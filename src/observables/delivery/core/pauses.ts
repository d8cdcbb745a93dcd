import type { Reason } from '../types.js';

/** Why nothing is delivered: reasons add up, each with the time since when it holds. */
export class Pauses {
  private readonly since = new Map<Reason, { count: number; sinceMs: number; detail: string }>();

  /** Returns true if the reason is new. */
  add(reason: Reason, nowMs: number, detail = ''): boolean {
    const known = this.since.get(reason);
    if (known === undefined) {
      this.since.set(reason, { count: 1, sinceMs: nowMs, detail });
      return true;
    }
    known.count++;
    return false;
  }

  /** Like {@link add}, for reasons that are either there or not. */
  set(reason: Reason, nowMs: number, detail = ''): boolean {
    const known = this.since.get(reason);
    if (known === undefined) return this.add(reason, nowMs, detail);
    const fresh = known.detail !== detail;
    known.detail = detail;
    return fresh;
  }

  /** Takes one count back, or the whole reason; returns true if the reason is gone. */
  remove(reason: Reason, whole = true): boolean {
    const known = this.since.get(reason);
    if (known === undefined) return false;
    known.count--;
    if (!whole && known.count > 0) return false;
    this.since.delete(reason);
    return true;
  }

  has(reason: Reason): boolean {
    return this.since.has(reason);
  }

  get reasons(): Reason[] {
    return [...this.since.keys()];
  }

  get details(): string[] {
    return [...this.since.values()].map(({ detail }) => detail).filter((detail) => detail !== '');
  }

  /** When the oldest reason began. */
  get sinceMs(): number | undefined {
    let oldest: number | undefined;
    for (const { sinceMs } of this.since.values()) oldest = Math.min(oldest ?? sinceMs, sinceMs);
    return oldest;
  }
}
