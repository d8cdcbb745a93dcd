import { clock } from '../../foundation/clock.js';
import { Leases } from '../../observables/delivery/core/leases.js';
import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Parcel } from './shelf.js';

/** How a queue lends what it hands out. */
export interface Lending<T> {
  readonly leaseMs: number;
  readonly maxLeaseMs: number;
  readonly renew: (value: T) => boolean;
}

type Node<T> = LedgerNode<Parcel<T>>;

/** What one session has on loan. */
export class Loans<T> {
  private readonly leases: Leases<Parcel<T>>;
  /** When the queue takes each of them back, unless it is asked for more time. */
  private readonly untilMs = new Map<Node<T>, number>();

  /** `lost` is told when a loan is over, and when the queue has the delivery again: never if somebody else has it. */
  constructor(
    private readonly lending: Lending<T>,
    lost: (node: Node<T>, fromMs: number | undefined) => void,
  ) {
    this.leases = new Leases<Parcel<T>>(clock, {
      ...lending,
      renew: (nodes) => this.renew(nodes),
      lost: (node) => {
        const fromMs = this.untilMs.get(node);
        this.untilMs.delete(node);
        lost(node, fromMs);
      },
    });
  }

  /** Something is on loan that the queue will have again, whatever is done with it. */
  get mayComeBack(): boolean {
    return this.untilMs.size > 0 && Number.isFinite(this.lending.maxLeaseMs);
  }

  begin(node: Node<T>): void {
    if (node.decided) return;
    this.untilMs.set(node, clock.now() + this.lending.leaseMs);
    this.leases.add(node);
  }

  end(node: Node<T>): void {
    this.untilMs.delete(node);
    this.leases.remove(node);
  }

  clear(): void {
    this.untilMs.clear();
    this.leases.clear();
  }

  private renew(nodes: readonly Node<T>[]): void {
    const sentMs = clock.now();
    clock.after(0, () => {
      for (const node of nodes) {
        // It may have been settled since.
        if (!this.untilMs.has(node)) continue;
        const isGranted = this.lending.renew(node.value.item.value);
        if (isGranted) this.untilMs.set(node, sentMs + this.lending.leaseMs);
        else this.untilMs.delete(node);
        this.leases.renewed(node, isGranted, sentMs);
      }
    });
  }
}
