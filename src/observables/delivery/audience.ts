import type { Subscriber } from 'rxjs';
import { Ballot } from './core/ballot.js';
import type { DeliveryCore } from './core/delivery-core.js';
import type { LedgerNode } from './core/node.js';
import { tellAll } from './core/tell-all.js';
import { DeliveryHandle, VoterHandle, type Lens } from './handle.js';
import type { Delivery } from './types.js';

/** Those who are subscribed to one session. Each gets its own handle; one alone decides, several vote. */
export class Audience<T, R, N> {
  /** Changed by copying: whoever is called may come and go. */
  private members: readonly Subscriber<Delivery<T, R>>[] = [];

  constructor(private readonly lens: Lens<T, N>) {}

  get size(): number {
    return this.members.length;
  }

  join(subscriber: Subscriber<Delivery<T, R>>): void {
    this.members = [...this.members, subscriber];
  }

  handOut(node: LedgerNode<N>): void {
    const { members, lens } = this;
    const first = members[0];
    if (members.length === 1 && first !== undefined) {
      node.voter = first;
      first.next(new DeliveryHandle<T, R, N>(node, lens));
      return;
    }
    node.ballot = new Ballot<N>(node, members);
    for (const [at, vote] of node.ballot.votes.entries()) {
      // Those before it may have made it leave, or lost the delivery for all.
      if (vote.open) members[at]?.next(new VoterHandle<T, R, N>(vote, lens));
    }
  }

  /** One of several goes; what it has not decided counts as abandoned by it. Returns what is left to be told. */
  leave(subscriber: Subscriber<Delivery<T, R>>, core: DeliveryCore<N>): (() => void)[] {
    this.members = this.members.filter((member) => member !== subscriber);
    const told: (() => void)[] = [];
    for (const node of [...core.ledger]) {
      if (!node.open) continue;
      if (node.ballot !== undefined) told.push(...node.ballot.leave(subscriber));
      else if (node.voter === subscriber) told.push(core.abandon(node) ?? nothing);
    }
    return told;
  }

  /** The last one goes, and the session with it: what others have said before is still carried out. */
  leaveLast(subscriber: Subscriber<Delivery<T, R>>, core: DeliveryCore<N>): (() => void)[] {
    // Else every place that becomes free would be asked for.
    core.rest();
    const told: (() => void)[] = [];
    for (const { open, ballot } of [...core.ledger]) if (open) told.push(...(ballot?.leave(subscriber) ?? []));
    return told;
  }

  complete(): void {
    tellAll(this.members.map((member) => () => member.complete()));
  }

  error(error: unknown): void {
    tellAll(this.members.map((member) => () => member.error(error)));
  }
}

function nothing(): void {}
