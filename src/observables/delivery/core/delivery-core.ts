import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart, Fate, Flow, Holder, Outcome, Reason, Settled } from '../types.js';
import { Fates } from './fates.js';
import { Ledger } from './ledger.js';
import { LedgerNode, NodeState } from './node.js';
import { Pauses } from './pauses.js';
import type { CoreHost, Decision, DeliverySource, Timer } from './source.js';
import { starvedHolders } from './starvation.js';
import type { Waiter, Window } from './window.js';

type Phase = 'open' | 'draining' | 'closed';

/** What a source says of something that has arrived. */
export interface Arrival<T> {
  readonly value: T;
  /** Where it begins and ends; for logs these lie end to end. */
  readonly position: number;
  readonly end: number;
  /** Bytes retained, trued up against `reserved`. */
  readonly bytes: number;
  readonly reserved: number;
  readonly attempt?: number;
}

/**
 * One session's books: credit, ledger, fates, pauses and drain. Synchronous, without RxJS, promises or a clock of its
 * own. Calls in either direction never nest: what a settle makes possible is delivered by the loop that is running, or
 * on the next turn.
 */
export class DeliveryCore<T> implements Flow, Waiter {
  readonly ledger = new Ledger<T>();
  readonly pauses = new Pauses();
  private source!: DeliverySource<T>;
  private phase: Phase = 'open';
  private readonly ready: LedgerNode<T>[] = [];
  private reservations = 0;
  private reservedBytes = 0;
  private ended = false;
  private entered = 0;
  private flushing = false;
  private turnDue = false;
  private starveDue = false;
  private deadline: Timer | undefined;
  private heldNodes = 0;
  /** The first in `ready` waits for credit. */
  private blocked = false;

  constructor(
    private readonly host: CoreHost<T>,
    readonly window: Window,
    readonly fates: Fates,
  ) {}

  /** Begins: the source is asked to fetch. */
  open(source: DeliverySource<T>): void {
    this.source = source;
    source.pull();
  }

  get draining(): boolean {
    return this.phase === 'draining';
  }

  get closed(): boolean {
    return this.phase === 'closed';
  }

  get takesDead(): boolean {
    return this.source.takesDead;
  }

  /** Fetches that are out. */
  get outstanding(): number {
    return this.reservations;
  }

  // ---- what the source calls

  /** Takes credit for one fetch of at most `bytes`; if false, `pull` is called when it is worth trying again. */
  reserve(bytes: number): boolean {
    if (this.phase !== 'open' || this.pauses.has('user')) return false;
    if (!this.window.take(this, bytes)) {
      if (this.reservations === 0) this.set('window');
      return false;
    }
    this.reservations++;
    this.reservedBytes += bytes;
    this.clear('window');
    return true;
  }

  /** A fetch brought nothing that could be delivered. */
  unreserve(bytes: number): void {
    if (this.phase === 'closed') return;
    this.reservations--;
    this.reservedBytes -= bytes;
    this.window.refund(1, bytes);
    this.settleDown();
  }

  /** A fetch brought something: it is handed out as soon as nothing stands in the way. */
  arrived(arrival: Arrival<T>): void {
    const { value, position, end, bytes, reserved } = arrival;
    if (this.phase !== 'open') return this.unreserve(reserved);
    this.reservations--;
    this.reservedBytes -= reserved;
    const node = new LedgerNode<T>(this, value, position, end, bytes, this.host.now(), reserved);
    if (arrival.attempt !== undefined) node.attempt = arrival.attempt;
    this.ready.push(node);
    this.flush();
  }

  /** Nothing more will come: completes when the ledger is empty. */
  end(): void {
    this.ended = true;
    this.settleDown();
  }

  /** The source is done with a decision it took its time for. */
  confirm(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    if (node.state !== NodeState.Pending) return;
    this.finish(node, fate, error);
  }

  /** The session can't go on. */
  fail(error: unknown): void {
    if (this.phase === 'closed') return;
    if (this.draining) {
      this.fates.error ??= error;
      this.host.complete();
    } else this.host.error(error);
  }

  set(reason: Reason, detail?: string): void {
    if (this.pauses.set(reason, this.host.now(), detail)) this.host.changed();
  }

  clear(reason: Reason): void {
    if (this.pauses.remove(reason)) this.host.changed();
  }

  /** A lease ran out: the delivery is someone else's now. */
  lose(node: LedgerNode<T>): void {
    if (node.state !== NodeState.Live && node.state !== NodeState.Pending) return;
    this.abandon(node);
    this.ledger.remove(node);
    this.window.refund(1, node.charged);
    node.conclude({ fate: 'abandoned' })?.();
    this.settleDown();
  }

  // ---- what handles call

  settle(node: LedgerNode<T>, attempt: number, decision: Decision): Settled {
    if (node.state !== NodeState.Live || node.attempt !== attempt || this.phase === 'closed') {
      this.fates.late++;
      return node.state === NodeState.Lost ? 'stale' : 'again';
    }
    const handling = this.source.settle(node, decision);
    if (handling === 'done') this.finish(node, decision.fate);
    else if (handling === 'wait') node.state = NodeState.Pending;
    else this.postpone(node, decision.fate === 'nacked' ? decision.delayMs : 0);
    return 'settled';
  }

  bury(node: LedgerNode<T>, part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    this.source.bury(node, part, options, then);
  }

  // ---- what operators call

  pause(_reason: string): () => void {
    let paused = true;
    if (this.pauses.add('user', this.host.now(), _reason)) this.host.changed();
    return () => {
      if (!paused) return;
      paused = false;
      if (!this.pauses.remove('user', false)) return;
      this.host.changed();
      if (this.phase !== 'open') return;
      this.soon();
      this.source.pull();
    };
  }

  enter(): void {
    this.entered++;
  }

  exit(): void {
    this.entered--;
    if (this.entered === 0 && this.ready.length > 0) this.soon();
  }

  /** A node is kept back; `fresh` if nobody else kept it. */
  held(by: Holder, fresh: boolean): void {
    if (fresh) this.heldNodes++;
    if (this.draining) this.host.after(0, () => by.release('drain'));
    else this.checkStarved();
  }

  /** Nobody keeps a node back any more. */
  freed(): void {
    this.heldNodes--;
  }

  wake(): void {
    if (this.phase !== 'open') return;
    if (this.ready.length > 0) this.soon();
    this.source.pull();
  }

  // ---- drain and close

  /** Stops fetching; completes when the ledger is empty, or abandons what is left at the deadline. */
  drain(deadlineMs: number): void {
    if (this.phase !== 'open') return;
    this.phase = 'draining';
    this.window.leave(this);
    for (const node of this.ready.splice(0)) {
      if (node.state === NodeState.Ready) this.window.refund(1, node.charged);
    }
    for (const node of [...this.ledger]) if (node.state === NodeState.Waiting) this.forsake(node);
    this.source.drain();
    const keepers = new Set<Holder>();
    for (const node of this.ledger) for (const keeper of node.keepers) keepers.add(keeper);
    if (keepers.size > 0) this.host.after(0, () => keepers.forEach((keeper) => keeper.release('drain')));
    this.deadline = this.host.after(deadlineMs, () => this.expire());
    this.host.changed();
    this.settleDown();
  }

  /** Ends the epoch: whatever is unsettled is abandoned, first marked, then told. */
  close(flushed: () => void): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.deadline?.unsubscribe();
    this.source.close(flushed);
    this.window.leave(this);
    const told = this.abandonAll();
    this.ready.length = 0;
    const bytes = this.reservedBytes;
    const { reservations } = this;
    this.reservations = 0;
    this.reservedBytes = 0;
    this.window.refund(reservations, bytes);
    for (const tell of told) tell();
  }

  private expire(): void {
    const told = this.abandonAll();
    for (const tell of told) tell();
    this.settleDown();
  }

  private abandonAll(): (() => void)[] {
    const told: (() => void)[] = [];
    for (const node of this.ready) if (node.state === NodeState.Ready) this.window.refund(1, node.charged);
    for (const node of [...this.ledger]) {
      if (node.state !== NodeState.Waiting) this.abandon(node);
      this.forsake(node);
      const tell = node.conclude({ fate: 'abandoned' });
      if (tell !== undefined) told.push(tell);
    }
    return told;
  }

  private abandon(node: LedgerNode<T>): void {
    node.state = NodeState.Lost;
    this.fates.count('abandoned');
  }

  /** Out of the books without being settled: the watermark stays below it. */
  private forsake(node: LedgerNode<T>): void {
    node.timer?.unsubscribe();
    if (node.state === NodeState.Waiting) node.state = NodeState.Lost;
    this.ledger.forsake(node);
    this.window.refund(1, node.charged);
  }

  // ---- the inner works

  private finish(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    node.state = NodeState.Settled;
    this.fates.count(fate);
    this.ledger.remove(node);
    const outcome: Outcome = error === undefined ? { fate } : { fate, error };
    const tell = node.conclude(outcome);
    if (tell !== undefined) this.host.after(0, tell);
    this.source.settled();
    this.window.refund(1, node.charged);
    this.settleDown();
  }

  private postpone(node: LedgerNode<T>, delayMs: number): void {
    this.fates.count('nacked');
    node.state = NodeState.Waiting;
    if (this.draining) {
      this.forsake(node);
      this.settleDown();
      return;
    }
    node.timer = this.host.after(delayMs, () => {
      node.timer = undefined;
      this.ready.push(node);
      this.flush();
    });
  }

  /** Hands out what is ready, in order, until something stands in the way. */
  private flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let node = this.ready[0]; node !== undefined && this.mayEmit(node); node = this.ready[0]) {
        this.ready.shift();
        this.deliver(node);
      }
    } finally {
      this.flushing = false;
    }
  }

  private mayEmit(node: LedgerNode<T>): boolean {
    if (this.phase !== 'open' || this.entered > 0 || this.pauses.has('user')) return false;
    if (node.state === NodeState.Waiting) return true;
    const missing = node.bytes - node.charged;
    if (missing > 0 && !this.window.extend(this, missing)) {
      if (this.ledger.size > 0) {
        this.blocked = true;
        this.set('window');
        return false;
      }
      this.window.overdraw(missing);
    }
    if (this.blocked) {
      this.blocked = false;
      this.clear('window');
    }
    node.charged = node.bytes;
    if (missing < 0) this.window.refund(0, -missing);
    return true;
  }

  private deliver(node: LedgerNode<T>): void {
    if (node.state === NodeState.Waiting) node.attempt++;
    else this.ledger.append(node);
    node.state = NodeState.Live;
    this.fates.delivered++;
    this.host.emit(node);
  }

  /** Something has been settled or has ended: is the session finished, or starved? */
  private settleDown(): void {
    const over = this.ended || this.draining;
    if (over && this.ledger.size === 0 && this.ready.length === 0 && (this.draining || this.reservations === 0)) {
      this.soon();
    } else if (this.ready.length > 0) this.soon();
    else this.checkStarved();
  }

  /** Does on the next turn what must not happen inside a settle. */
  private soon(): void {
    if (this.turnDue || this.phase === 'closed') return;
    this.turnDue = true;
    this.host.after(0, () => {
      this.turnDue = false;
      this.flush();
      this.completeIfOver();
    });
  }

  private completeIfOver(): void {
    if (this.phase === 'closed' || this.ledger.size > 0 || this.ready.length > 0) return;
    if (this.draining || (this.ended && this.reservations === 0)) this.host.complete();
  }

  private checkStarved(): void {
    if (this.starveDue || !this.isStarved()) return;
    this.starveDue = true;
    this.host.after(0, () => {
      this.starveDue = false;
      if (!this.isStarved()) return;
      this.set('starved');
      for (const holder of starvedHolders(this.ledger)) holder.release('starved');
      this.clear('starved');
    });
  }

  private isStarved(): boolean {
    if (this.phase !== 'open' || this.ledger.size === 0 || this.reservations > 0 || this.ready.length > 0) return false;
    if (!this.ended && !this.pauses.has('window')) return false;
    return this.heldNodes === this.ledger.size;
  }
}
