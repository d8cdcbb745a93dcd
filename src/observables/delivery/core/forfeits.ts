import type { Outcome } from '../types.js';
import type { Credit } from './credit.js';
import type { Fates } from './fates.js';
import type { Ledger } from './ledger.js';
import { type LedgerNode, NodeState } from './node.js';
import { OUTCOMES } from './outcomes.js';
import type { Cause } from './session-watcher.js';

/** Whose deliveries are forfeited. */
export interface ForfeitOwner<T> {
  /** Lets the source give it back to the server. */
  giveBack(node: LedgerNode<T>): void;
}

/**
 * Deliveries that leave the books undecided. Those that the server may still hold for us are given back, once
 * everything is marked; whoever watches is told after that, by the caller.
 */
export class Forfeits<T> {
  /** Decided, out of the books, and not confirmed: their fate is still to be counted. */
  private readonly underWay = new Set<LedgerNode<T>>();

  constructor(
    private readonly ledger: Ledger<T>,
    private readonly credit: Credit,
    private readonly fates: Fates,
    private readonly owner: ForfeitOwner<T>,
  ) {}

  /** What has arrived and was not handed out. Nobody has seen it, so it has no fate. */
  unseen(nodes: readonly LedgerNode<T>[]): void {
    for (const node of nodes) {
      const { state } = node;
      node.state = NodeState.Lost;
      this.credit.giveBack(node, state);
    }
    for (const node of nodes) this.owner.giveBack(node);
  }

  /** What waits to come again and will not: it was nacked, and that is its fate. */
  waiting(): void {
    for (const node of [...this.ledger]) if (node.state === NodeState.Waiting) this.notAgain(node);
  }

  notAgain(node: LedgerNode<T>): void {
    this.forsake(node);
    this.owner.giveBack(node);
  }

  /** One that is unsettled, while the session goes on. Returns what is left to be told. */
  one(node: LedgerNode<T>, outcome: Outcome): (() => void) | undefined {
    const { state } = node;
    this.strike(node);
    this.fates.abandoned++;
    const tell = node.conclude(outcome, outcome.error === undefined ? 'unsubscribe' : 'undecided');
    // The server hears of it before anything is asked for in its place.
    this.owner.giveBack(node);
    this.credit.giveBack(node, state);
    return tell;
  }

  /** Everything unsettled; what is decided leaves the books and keeps its hope. Returns what is left to be told. */
  all(cause: Cause): (() => void)[] {
    const told: (() => void)[] = [];
    const owed: LedgerNode<T>[] = [];
    for (const node of [...this.ledger]) {
      if (node.state === NodeState.Pending) {
        this.ledger.forsake(node);
        this.credit.giveBack(node, node.state);
        // Its request is on its way, and may yet be answered.
        this.underWay.add(node);
        continue;
      }
      owed.push(node);
      this.forsake(node);
      if (node.state !== NodeState.Lost) continue;
      this.fates.abandoned++;
      const tell = node.conclude(OUTCOMES.abandoned, cause);
      if (tell !== undefined) told.push(tell);
    }
    for (const node of owed) this.owner.giveBack(node);
    return told;
  }

  /** Whether it had left the books when its fate was confirmed. */
  isSettledLate(node: LedgerNode<T>): boolean {
    return this.underWay.size > 0 && this.underWay.delete(node);
  }

  /** What no confirmation will come for any more. Returns what is left to be told. */
  unconfirmed(): (() => void)[] {
    const late = [...this.underWay];
    this.underWay.clear();
    return late.map((node) => this.abandonLate(node, 'unconfirmed')).filter((tell) => tell !== undefined);
  }

  /** One whose lease ran out: it is someone else's, so the watermark may pass it. Returns what is left to be told. */
  taken(node: LedgerNode<T>): (() => void) | undefined {
    if (this.isSettledLate(node)) return this.abandonLate(node, 'lease');
    const { state } = node;
    node.timer?.unsubscribe();
    // One that waits to come again was nacked; that is its fate.
    node.state = state === NodeState.Waiting ? NodeState.Settled : NodeState.Lost;
    const isOut = state === NodeState.Live || state === NodeState.Pending;
    if (isOut || state === NodeState.Waiting) this.ledger.remove(node);
    this.credit.giveBack(node, state);
    if (!isOut) return undefined;
    this.fates.abandoned++;
    return node.conclude(OUTCOMES.abandoned, 'lease');
  }

  private abandonLate(node: LedgerNode<T>, cause: Cause): (() => void) | undefined {
    node.state = NodeState.Lost;
    this.fates.abandoned++;
    return node.conclude(OUTCOMES.abandoned, cause);
  }

  private forsake(node: LedgerNode<T>): void {
    const { state } = node;
    this.strike(node);
    this.credit.giveBack(node, state);
  }

  /** Out of the books for the rest of the epoch: the watermark stays below it. */
  private strike(node: LedgerNode<T>): void {
    node.timer?.unsubscribe();
    // One that waits to come again was nacked; that is its fate.
    node.state = node.state === NodeState.Waiting ? NodeState.Settled : NodeState.Lost;
    this.ledger.forsake(node);
  }
}
