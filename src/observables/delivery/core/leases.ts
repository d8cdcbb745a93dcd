import type { LedgerNode } from './node.js';
import type { CoreHost, Timer } from './source.js';

/** How leases are kept alive. */
export interface LeaseOptions<T> {
  /** How long the server grants a lease; renewed when half of it is over. */
  readonly leaseMs: number;
  /** How long a delivery may be kept at all. */
  readonly maxLeaseMs: number;
  /** Asks the server for more time, for many at once; answered by `renewed`. */
  renew(nodes: readonly LedgerNode<T>[]): void;
  /** The lease is over: nobody may settle it any more. */
  lost(node: LedgerNode<T>): void;
}

interface Lease {
  readonly sinceMs: number;
  /** When the server takes the delivery back. */
  untilMs: number;
  /** When to do something about it. */
  dueMs: number;
}

/**
 * The leases of one session under one timer, armed only while there are any. Those that fall due within a tenth of a
 * lease are renewed together. A lease that was not renewed in time, or is older than `maxLeaseMs`, is lost.
 */
export class Leases<T> {
  private readonly leases = new Map<LedgerNode<T>, Lease>();
  private timer: Timer | undefined;
  private timerMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly host: Pick<CoreHost<T>, 'now' | 'after'>,
    private readonly options: LeaseOptions<T>,
  ) {}

  get size(): number {
    return this.leases.size;
  }

  /** A delivery came with a lease that began at `sinceMs` (by default now). One that is decided already needs none. */
  add(node: LedgerNode<T>, sinceMs = this.host.now()): void {
    if (node.decided) return;
    const lease: Lease = { sinceMs, untilMs: sinceMs + this.options.leaseMs, dueMs: 0 };
    this.leases.set(node, lease);
    this.plan(lease);
    this.arm(lease.dueMs);
  }

  /** The delivery is settled. */
  remove(node: LedgerNode<T>): void {
    if (this.leases.delete(node) && this.leases.size === 0) this.disarm();
  }

  /** The server's answer to a renewal that was sent at `sentMs`: more time, or not. */
  renewed(node: LedgerNode<T>, granted: boolean, sentMs: number): void {
    const lease = this.leases.get(node);
    if (lease === undefined) return;
    if (!granted) return this.lose(node);
    lease.untilMs = Math.max(lease.untilMs, sentMs + this.options.leaseMs);
    this.plan(lease);
    this.arm(lease.dueMs);
  }

  clear(): void {
    this.leases.clear();
    this.disarm();
  }

  /** Half a lease before it ends, but never later than the end of all renewals. */
  private plan(lease: Lease): void {
    const lastMs = lease.sinceMs + this.options.maxLeaseMs;
    lease.untilMs = Math.min(lease.untilMs, lastMs);
    lease.dueMs = lease.untilMs === lastMs ? lastMs : lease.untilMs - this.options.leaseMs / 2;
  }

  private arm(dueMs: number): void {
    if (dueMs >= this.timerMs) return;
    this.timer?.unsubscribe();
    this.timerMs = dueMs;
    this.timer = this.host.after(Math.max(0, dueMs - this.host.now()), () => this.tick());
  }

  private disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.timerMs = Number.POSITIVE_INFINITY;
  }

  private tick(): void {
    this.disarm();
    const now = this.host.now();
    const over = [...this.leases].filter(([, lease]) => lease.untilMs <= now);
    // Those who are told may settle others.
    for (const [node] of over) if (this.leases.has(node)) this.lose(node);
    const due: LedgerNode<T>[] = [];
    for (const [node, lease] of this.leases) {
      // Nothing is due before the end of a lease that waits for its answer or has come to its last.
      if (lease.dueMs === lease.untilMs || lease.dueMs > now + this.options.leaseMs / 10) continue;
      lease.dueMs = lease.untilMs;
      due.push(node);
    }
    if (due.length > 0) this.options.renew(due);
    let next = Number.POSITIVE_INFINITY;
    for (const lease of this.leases.values()) next = Math.min(next, lease.dueMs);
    this.arm(next);
  }

  private lose(node: LedgerNode<T>): void {
    this.remove(node);
    this.options.lost(node);
  }
}
