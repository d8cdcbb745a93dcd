import type { LedgerNode } from './node.js';

/**
 * Who is unsettled, in the order of delivery. Deliveries of a log lie end to end, so the watermark lies in the oldest
 * unsettled one, and settling is one unlink: nothing is kept of what is settled.
 */
export class Ledger<T> {
  private first: LedgerNode<T> | undefined;
  private last: LedgerNode<T> | undefined;
  private count = 0;
  private appended = 0;
  private reached: number;
  private ceiling = Number.POSITIVE_INFINITY;

  /** `start` is the watermark before the first delivery. */
  constructor(start = 0) {
    this.reached = start;
  }

  get size(): number {
    return this.count;
  }

  /** The delivery that holds the watermark. */
  get oldest(): LedgerNode<T> | undefined {
    return this.first;
  }

  /** Everything below is settled. */
  get watermark(): number {
    return Math.min(this.ceiling, this.first === undefined ? this.reached : this.first.settledTo);
  }

  /** True when something behind the oldest unsettled delivery is already settled. */
  get hasGap(): boolean {
    return this.first !== undefined && this.appended - this.first.sequence > this.count;
  }

  /** Where the next delivery will begin; only while there is none. What was forsaken before no longer counts. */
  startAt(position: number): void {
    this.reached = position;
    this.ceiling = Number.POSITIVE_INFINITY;
  }

  append(node: LedgerNode<T>): void {
    node.sequence = this.appended++;
    node.previous = this.last;
    if (this.last === undefined) this.first = node;
    else this.last.next = node;
    this.last = node;
    this.count++;
    this.reached = node.end;
  }

  remove(node: LedgerNode<T>): void {
    const { previous, next } = node;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    node.previous = undefined;
    node.next = undefined;
    this.count--;
  }

  /** Removes a node that will not be settled in this epoch: the watermark never passes it. */
  forsake(node: LedgerNode<T>): void {
    this.ceiling = Math.min(this.ceiling, node.settledTo);
    this.remove(node);
  }

  *[Symbol.iterator](): Generator<LedgerNode<T>> {
    for (let node = this.first; node !== undefined; node = node.next) yield node;
  }
}
