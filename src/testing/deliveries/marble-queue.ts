import { clock } from '../../foundation/clock.js';
import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import { Leases } from '../../observables/delivery/core/leases.js';
import type { LedgerNode } from '../../observables/delivery/core/node.js';
import type { Decision, Handling } from '../../observables/delivery/core/source.js';
import { type Counter, MarbleSource } from './marble-source.js';
import type { Parcel, QueueShelf } from './shelf.js';

/** How a queue lends what it hands out. */
export interface Lending<T> {
  readonly leaseMs: number;
  readonly maxLeaseMs: number;
  readonly renew: (value: T) => boolean;
}

/** One session of a queue: what it does not decide about comes again, to this session or to a later one. */
export class MarbleQueue<T> extends MarbleSource<T> {
  private readonly leases: Leases<Parcel<T>> | undefined;

  constructor(
    core: DeliveryCore<Parcel<T>>,
    private readonly queue: QueueShelf<T>,
    counter: Counter,
    lending: Lending<T> | undefined,
  ) {
    super(core, queue, counter);
    queue.reader = this;
    if (lending !== undefined) this.leases = this.leasesFor(lending);
  }

  override settle(node: LedgerNode<Parcel<T>>, decision: Decision): Handling {
    const handling = super.settle(node, decision);
    if (handling === 'done') this.leases?.remove(node);
    return handling;
  }

  abandoned(node: LedgerNode<Parcel<T>>): void {
    this.leases?.remove(node);
    this.giveBack(node);
  }

  override close(flushed: () => void): void {
    this.leases?.clear();
    super.close(flushed);
  }

  protected override landed(node: LedgerNode<Parcel<T>> | undefined, parcel: Parcel<T>): void {
    if (node === undefined) this.queue.giveBack(parcel);
    else this.leases?.add(node);
  }

  private giveBack(node: LedgerNode<Parcel<T>>): void {
    // What nobody has seen was not delivered.
    const attempt = node.outcome === undefined ? node.attempt : node.attempt + 1;
    if (attempt > (this.maxAttempts ?? Number.POSITIVE_INFINITY)) return;
    this.queue.giveBack({ item: node.value.item, attempt });
  }

  private leasesFor({ leaseMs, maxLeaseMs, renew }: Lending<T>): Leases<Parcel<T>> {
    const taken = new Set<LedgerNode<Parcel<T>>>();
    const leases = new Leases<Parcel<T>>(clock, {
      leaseMs,
      maxLeaseMs,
      renew: (nodes) => {
        const sentMs = clock.now();
        clock.after(0, () => {
          for (const node of nodes) {
            const granted = renew(node.value.item.value);
            if (!granted) taken.add(node);
            leases.renewed(node, granted, sentMs);
          }
        });
      },
      lost: (node) => {
        this.core.lose(node);
        // A renewal is refused because somebody else has it.
        if (!taken.delete(node)) this.giveBack(node);
      },
    });
    return leases;
  }
}
