import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import { type LedgerNode, NodeState } from '../../observables/delivery/core/node.js';
import type { Decision, Handling } from '../../observables/delivery/core/source.js';
import { type Lending, Loans } from './loans.js';
import { type Counter, MarbleSource } from './marble-source.js';
import type { Parcel, QueueShelf } from './shelf.js';

/** One session of a queue: what it does not decide about comes again, to this session or to a later one. */
export class MarbleQueue<T> extends MarbleSource<T> {
  private readonly loans: Loans<T> | undefined;

  constructor(
    core: DeliveryCore<Parcel<T>>,
    private readonly queue: QueueShelf<T>,
    counter: Counter,
    lending: Lending<T> | undefined,
  ) {
    super(core, queue, counter);
    queue.reader = this;
    if (lending !== undefined) this.loans = new Loans(lending, (node, fromMs) => this.lost(node, fromMs));
  }

  override settle(node: LedgerNode<Parcel<T>>, decision: Decision): Handling {
    const handling = super.settle(node, decision);
    if (handling === 'done') this.loans?.end(node);
    return handling;
  }

  protected override nack({ value, attempt }: LedgerNode<Parcel<T>>, delayMs: number): Handling {
    if (delayMs > 0 && this.hasRoomToWait) return 'again';
    this.giveBack(value, attempt + 1);
    return 'done';
  }

  abandoned(node: LedgerNode<Parcel<T>>): void {
    this.loans?.end(node);
    this.takeBack(node);
    this.pull();
  }

  override close(flushed: () => void): void {
    this.loans?.clear();
    super.close(flushed);
  }

  protected override landed(node: LedgerNode<Parcel<T>> | undefined, parcel: Parcel<T>): void {
    if (node === undefined) this.giveBack(parcel, parcel.attempt);
    else this.loans?.begin(node);
  }

  protected override get isDone(): boolean {
    return super.isDone && this.loans?.mayComeBack !== true;
  }

  private lost(node: LedgerNode<Parcel<T>>, fromMs: number | undefined): void {
    this.core.lose(node);
    if (fromMs !== undefined) this.takeBack(node, fromMs);
    this.pull();
  }

  /** The wire has no delay: as many as half the window holds wait with the client, others come again at once. */
  private get hasRoomToWait(): boolean {
    const { ledger, window } = this.core;
    const waiting = [...ledger].filter(({ state }) => state === NodeState.Waiting);
    return waiting.length < Math.ceil(window.limits.deliveries / 2);
  }

  private takeBack({ value, attempt, outcome }: LedgerNode<Parcel<T>>, fromMs?: number): void {
    // What nobody has seen was not delivered.
    this.giveBack(value, outcome === undefined ? attempt : attempt + 1, fromMs);
  }

  private giveBack({ item, handedOut }: Parcel<T>, attempt: number, fromMs?: number): void {
    // A server that counts has put it among the dead ones.
    if (handedOut >= (this.maxAttempts ?? Number.POSITIVE_INFINITY)) return;
    this.queue.giveBack({ item, attempt, handedOut: handedOut + 1 }, fromMs);
  }
}
