import type { Credit } from './credit.js';
import { type LedgerNode, NodeState } from './node.js';
import { Outgoing } from './outgoing.js';

/** Whom an outlet hands out for. */
export interface OutletOwner<T> {
  /** Nothing but credit can stand in the way. */
  readonly mayHandOut: boolean;
  /** The next one lacks credit. */
  lacksCredit(): void;
  handOut(node: LedgerNode<T>): void;
}

/** Hands out what is ready, in order, one after the other, until something stands in the way. */
export class Outlet<T> {
  private readonly ready = new Outgoing<T>();
  /** Something is being handed out. */
  busy = false;

  constructor(
    private readonly owner: OutletOwner<T>,
    private readonly credit: Credit,
  ) {}

  get size(): number {
    return this.ready.size;
  }

  push(node: LedgerNode<T>): void {
    this.ready.push(node);
  }

  flush(): void {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let node = this.ready.first; node !== undefined; node = this.ready.first) {
        const isGone = node.decided;
        if (!isGone && !this.mayPass(node)) break;
        this.ready.shift();
        if (isGone) this.credit.blocked = false;
        else this.owner.handOut(node);
      }
    } finally {
      this.busy = false;
    }
  }

  /** Takes the credit that the next arrival lacked, if it is there; true if there is something to hand out. */
  unblock(): boolean {
    const { firstArrived } = this.ready;
    return firstArrived?.state !== NodeState.Ready || this.credit.admit(firstArrived);
  }

  /** Lets go of everything; returns what nobody has seen. What comes again is known to the ledger. */
  empty(): LedgerNode<T>[] {
    const unseen: LedgerNode<T>[] = [];
    for (let node = this.ready.shift(); node !== undefined; node = this.ready.shift()) {
      if (node.state === NodeState.Ready || node.state === NodeState.Admitted) unseen.push(node);
    }
    return unseen;
  }

  private mayPass(node: LedgerNode<T>): boolean {
    if (!this.owner.mayHandOut) return false;
    if (node.state !== NodeState.Ready || this.credit.admit(node)) return true;
    this.owner.lacksCredit();
    return false;
  }
}
