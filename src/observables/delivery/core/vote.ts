import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart, Duty, Holder, Settled } from '../types.js';
import type { Ballot } from './ballot.js';
import type { DeliveryCore } from './delivery-core.js';
import type { Decision } from './source.js';
import { tellAll } from './tell-all.js';

/** One subscriber's part in a {@link Ballot}, and its duty: open until it has voted, lost when it leaves. */
export class Vote<T = unknown> implements Duty {
  private state: 'out' | 'cast' | 'left' = 'out';
  private holders: Set<Holder> | undefined;
  private lost: (() => void)[] | undefined;
  /** The last Sluice operator of this subscriber that saw it. */
  operator = '';

  constructor(
    readonly ballot: Ballot<T>,
    readonly voter: object,
  ) {}

  get flow(): DeliveryCore<T> {
    return this.ballot.node.flow;
  }

  get open(): boolean {
    return this.state === 'out' && this.ballot.node.open;
  }

  get keepers(): Iterable<Holder> {
    return this.holders ?? [];
  }

  cast(decision: Decision): Settled {
    if (!this.open) {
      this.flow.fates.late++;
      return this.state === 'cast' ? 'again' : 'stale';
    }
    this.state = 'cast';
    try {
      return this.ballot.decide(this, decision);
    } catch (error) {
      this.state = 'out';
      throw error;
    }
  }

  /** Its subscriber has gone. Returns what is left to be told. */
  leave(): (() => void) | undefined {
    this.state = 'left';
    return this.lost === undefined ? undefined : () => this.tellLost();
  }

  /** Forgets who keeps it; false if nobody does. */
  letGo(): boolean {
    const { holders } = this;
    this.holders = undefined;
    return holders !== undefined && holders.size > 0;
  }

  touch(operator: string): void {
    this.operator = operator;
    this.ballot.node.touch(operator);
  }

  hold(by: Holder): void {
    if (!this.open) return;
    const wasHeld = this.ballot.held;
    this.holders ??= new Set();
    if (this.holders.size === 0) this.ballot.keep(1);
    this.holders.add(by);
    this.flow.starvation.held(by, !wasHeld && this.ballot.held);
  }

  unhold(by: Holder): void {
    if (!this.open || this.holders?.delete(by) !== true || this.holders.size > 0) return;
    if (this.ballot.held) this.flow.starvation.freed();
    this.ballot.keep(-1);
  }

  onLost(then: () => void): void {
    const { node, attempt } = this.ballot;
    if (this.state === 'left' || node.wasAbandoned(attempt)) then();
    else if (node.attempt === attempt && node.outcome === undefined) {
      if (this.lost === undefined) {
        this.lost = [];
        node.onLost(() => this.tellLost());
      }
      this.lost.push(then);
    }
  }

  bury(part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    this.ballot.node.bury(part, options, then);
  }

  private tellLost(): void {
    const { lost } = this;
    this.lost = [];
    tellAll(lost ?? []);
  }
}
