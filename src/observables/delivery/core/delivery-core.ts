import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart, Fate, Flow, Holder, Outcome, Reason, Settled } from '../types.js';
import { abandonAll, dropReady, forsake } from './abandon.js';
import { Credit } from './credit.js';
import { Deadline } from './deadline.js';
import type { Fates } from './fates.js';
import { Ledger } from './ledger.js';
import { LedgerNode, NodeState } from './node.js';
import { OUTCOMES } from './outcomes.js';
import { Outgoing } from './outgoing.js';
import { Pauses } from './pauses.js';
import type { Arrival, CoreHost, Decision, DeliverySource } from './source.js';
import { Starvation } from './starvation.js';
import type { Waiter, Window } from './window.js';

type Phase = 'open' | 'draining' | 'closed';

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
  private readonly ready = new Outgoing<T>();
  private readonly credit: Credit;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private entered = 0;
  /** Calls from below that are running: settles, and what they wake. */
  private calls = 0;
  private flushing = false;
  private turnDue = false;
  private readonly deadline: Deadline;
  /** When the drain began. */
  drainingSinceMs: number | undefined;
  private showsWindow = false;
  private readonly starvation: Starvation<T>;

  constructor(
    private readonly host: CoreHost<T>,
    readonly window: Window,
    readonly fates: Fates,
  ) {
    this.credit = new Credit(window, this);
    this.deadline = new Deadline(host);
    this.starvation = new Starvation(host, this);
  }

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

  /** Buffers can't hope for more: what they wait for needs the room they keep. */
  get waitsForRoom(): boolean {
    if (this.phase !== 'open' || this.credit.reservations > 0 || this.pauses.byUser) return false;
    return this.credit.blocked || (this.ready.size === 0 && (this.ended || this.credit.refused));
  }

  /** Fetches that are out. */
  get outstanding(): number {
    return this.credit.reservations;
  }

  // ---- what the source calls

  /** Takes credit for one fetch of at most `bytes`; if false, `pull` is called when it is worth trying again. */
  reserve(bytes: number): boolean {
    if (this.phase !== 'open' || this.pauses.byUser || this.failure !== undefined) return false;
    const taken = this.credit.reserve(bytes);
    this.showWindow();
    if (!taken) this.starvation.check();
    return taken;
  }

  /** A fetch brought nothing that could be delivered. */
  unreserve(bytes: number): void {
    if (this.phase === 'closed') return;
    this.credit.unreserve(bytes);
    this.showWindow();
    this.settleDown();
  }

  /**
   * A fetch brought something: it is handed out as soon as nothing stands in the way, perhaps before this returns.
   * Undefined if nobody wants it any more: the source gives it back if it can.
   */
  arrived(arrival: Arrival<T>): LedgerNode<T> | undefined {
    const { value, position, end, bytes, reserved, attempt, sinceMs = this.host.now() } = arrival;
    if (this.phase !== 'open') {
      this.unreserve(reserved);
      return undefined;
    }
    this.credit.land(reserved);
    const charged = Math.min(bytes, reserved);
    const node = new LedgerNode<T>(this, value, position, end, bytes, sinceMs, charged);
    if (attempt !== undefined) node.attempt = attempt;
    this.ready.push(node);
    if (charged < reserved) this.window.refund(0, reserved - charged);
    this.flush();
    this.showWindow();
    return node;
  }

  /** Nothing more will come: completes when the ledger is empty. */
  end(): void {
    this.ended = true;
    this.credit.wantsNoMore();
    this.showWindow();
    this.settleDown();
  }

  /** The source is done with a decision it took its time for. */
  confirm(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    if (node.state === NodeState.Pending) this.finish(node, fate, error);
  }

  /** The session can't go on. Inside a settle or a running `next` the subscriber is told on the next turn. */
  fail(error: unknown): void {
    if (this.phase === 'closed') return;
    this.failure ??= { error };
    this.credit.leave();
    if (this.calls > 0 || this.flushing || this.entered > 0) this.soon();
    else this.conclude();
  }

  set(reason: Reason, detail?: string): void {
    if (this.pauses.set(reason, this.host.now(), detail)) this.host.changed();
  }

  clear(reason: Reason): void {
    if (this.pauses.remove(reason, this.host.now())) this.host.changed();
  }

  /** A lease ran out: the delivery is someone else's now, wherever it stands. */
  lose(node: LedgerNode<T>): void {
    const { state } = node;
    if (node.decided) return;
    node.timer?.unsubscribe();
    // One that waits to come again was nacked; that is its fate.
    node.state = state === NodeState.Waiting ? NodeState.Settled : NodeState.Lost;
    const isOut = state === NodeState.Live || state === NodeState.Pending;
    if (isOut || state === NodeState.Waiting) this.ledger.remove(node);
    this.credit.giveBack(node, state);
    if (!isOut) return this.soon();
    this.fates.abandoned++;
    node.conclude(OUTCOMES.abandoned)?.();
    this.settleDown();
  }

  // ---- what handles call

  settle(node: LedgerNode<T>, attempt: number, decision: Decision): Settled {
    if (node.state !== NodeState.Live || node.attempt !== attempt || this.phase === 'closed') {
      this.fates.late++;
      return node.state === NodeState.Lost && node.attempt === attempt ? 'stale' : 'again';
    }
    node.state = NodeState.Pending;
    this.calls++;
    try {
      const handling = this.source.settle(node, decision);
      // A source may confirm at once, inside.
      if (node.state === NodeState.Pending) {
        if (handling === 'done') this.finish(node, decision.fate);
        else if (handling === 'again') this.postpone(node, decision.fate === 'nacked' ? decision.delayMs : 0);
      }
    } catch (error) {
      // What can't be told to the system is not decided: a result that can't be encoded, for one.
      if (node.state === NodeState.Pending) node.state = NodeState.Live;
      throw error;
    } finally {
      this.calls--;
    }
    return 'settled';
  }

  bury(node: LedgerNode<T>, part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    this.source.bury(node, part, options, then);
  }

  // ---- what operators call

  pause(reason: string): () => void {
    const end = this.pauses.pause(reason, this.host.now());
    // Who wants nothing for now stands in nobody's way.
    this.credit.leave();
    this.showWindow();
    this.host.changed();
    return () => {
      const free = end(this.host.now());
      this.host.changed();
      if (!free || this.phase !== 'open') return;
      this.soon();
      this.pull();
    };
  }

  enter(): void {
    this.entered++;
  }

  exit(): void {
    this.entered--;
    if (this.entered === 0 && (this.ready.size > 0 || this.failure !== undefined || this.isOver())) this.soon();
  }

  /** A node is kept back; `fresh` if nobody else kept it. */
  held(by: Holder, fresh: boolean): void {
    if (fresh) this.starvation.held();
    if (this.draining) this.host.after(0, () => by.release('drain'));
    else this.starvation.check();
  }

  /** Nobody keeps a node back any more. */
  freed(): void {
    this.starvation.freed();
  }

  wake(): void {
    if (this.phase !== 'open') return;
    if (this.credit.blocked) this.unblock();
    this.credit.refused = false;
    this.pull();
    this.showWindow();
  }

  // ---- drain and close

  /** Stops fetching; completes when the ledger is empty, or abandons what is left at the earliest deadline given. */
  drain(deadlineMs: number): void {
    if (this.phase === 'closed') return;
    this.deadline.set(deadlineMs, () => this.expire());
    if (this.phase === 'draining') return;
    this.phase = 'draining';
    this.drainingSinceMs = this.host.now();
    this.credit.leave();
    dropReady(this.ready, this.credit);
    for (const node of [...this.ledger]) if (node.state === NodeState.Waiting) forsake(node, this.ledger, this.credit);
    this.source.drain();
    this.starvation.drain();
    this.host.changed();
    this.settleDown();
  }

  /** Ends the epoch: whatever is unsettled is abandoned, first marked, then told. */
  close(flushed: () => void): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.deadline.clear();
    this.source.close(flushed);
    this.credit.leave();
    dropReady(this.ready, this.credit);
    const told = abandonAll(this.ledger, this.credit, this.fates);
    this.credit.close();
    for (const tell of told) tell();
  }

  private expire(): void {
    for (const tell of abandonAll(this.ledger, this.credit, this.fates)) tell();
    this.settleDown();
  }

  // ---- the inner works

  private finish(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    node.state = NodeState.Settled;
    this.fates[fate]++;
    this.ledger.remove(node);
    this.tell(node, error === undefined ? OUTCOMES[fate] : { fate, error });
    this.source.settled();
    this.window.settled(node.charged);
    this.settleDown();
  }

  private postpone(node: LedgerNode<T>, delayMs: number): void {
    this.fates.nacked++;
    node.state = NodeState.Waiting;
    this.tell(node, OUTCOMES.nacked);
    if (this.draining) {
      forsake(node, this.ledger, this.credit);
      this.settleDown();
      return;
    }
    node.timer = this.host.after(delayMs, () => {
      node.timer = undefined;
      this.ready.push(node);
      this.flush();
    });
  }

  private tell(node: LedgerNode<T>, outcome: Outcome): void {
    const tell = node.conclude(outcome);
    if (tell !== undefined) this.host.after(0, tell);
  }

  /** Hands out what is ready, in order, until something stands in the way. */
  private flush(): void {
    if (this.flushing) return;
    this.flushing = true;
    try {
      for (let node = this.ready.first; node !== undefined; node = this.ready.first) {
        const isGone = node.decided;
        if (!isGone && !this.mayEmit(node)) break;
        this.ready.shift();
        if (isGone) this.credit.blocked = false;
        else this.deliver(node);
      }
    } finally {
      this.flushing = false;
    }
  }

  private pull(): void {
    this.calls++;
    this.source.pull();
    this.calls--;
  }

  private mayEmit(node: LedgerNode<T>): boolean {
    if (this.phase !== 'open' || this.entered > 0 || this.failure !== undefined || this.pauses.byUser) return false;
    if (node.state !== NodeState.Ready || this.credit.admit(node)) return true;
    this.showWindow();
    this.starvation.check();
    return false;
  }

  /** Takes the credit while it is there, and hands out on the next turn. */
  private unblock(): void {
    const { firstArrived } = this.ready;
    if (firstArrived?.state !== NodeState.Ready || this.credit.admit(firstArrived)) this.soon();
  }

  private deliver(node: LedgerNode<T>): void {
    if (node.state === NodeState.Waiting) node.renew();
    else this.ledger.append(node);
    node.state = NodeState.Live;
    this.fates.delivered++;
    this.host.emit(node);
  }

  /** Something has been settled or has ended: is the session finished, or starved? */
  private settleDown(): void {
    if (this.isOver()) this.soon();
    else this.starvation.check();
  }

  private isOver(): boolean {
    if (!this.ended && !this.draining) return false;
    return this.ledger.size === 0 && this.ready.size === 0 && (this.draining || this.credit.reservations === 0);
  }

  /** Does on the next turn what must not happen inside a settle. */
  private soon(): void {
    if (this.turnDue || this.phase === 'closed') return;
    this.turnDue = true;
    this.host.after(0, () => {
      this.turnDue = false;
      this.flush();
      this.showWindow();
      this.conclude();
      this.starvation.check();
    });
  }

  /** Tells the subscriber that this was all, if it was. */
  private conclude(): void {
    if (this.phase === 'closed' || this.entered > 0) return;
    if (this.failure === undefined) {
      if (this.isOver()) this.host.complete();
    } else if (this.draining) {
      this.fates.error ??= this.failure.error;
      this.host.complete();
    } else this.host.error(this.failure.error);
  }

  private showWindow(): void {
    const shows = this.credit.isShort;
    if (shows === this.showsWindow || this.phase === 'closed') return;
    this.showsWindow = shows;
    if (shows) this.set('window');
    else this.clear('window');
  }
}
