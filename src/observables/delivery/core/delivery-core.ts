import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart, Fate, Flow, Reason, Settled } from '../types.js';
import { Credit } from './credit.js';
import { Deadline } from './deadline.js';
import { Ending, type EndingOwner } from './ending.js';
import type { Fates } from './fates.js';
import { type ForfeitOwner, Forfeits } from './forfeits.js';
import { Ledger } from './ledger.js';
import { LedgerNode, NodeState } from './node.js';
import { OUTCOMES } from './outcomes.js';
import { Outlet, type OutletOwner } from './outlet.js';
import { Pauses } from './pauses.js';
import { Returns } from './returns.js';
import type { SessionWatcher } from './session-watcher.js';
import type { Arrival, CoreHost, Decision, DeliverySource } from './source.js';
import { Starvation } from './starvation.js';
import { tellAll } from './tell-all.js';
import { Turn } from './turn.js';
import { WindowSign } from './window-sign.js';
import type { Waiter, Window } from './window.js';

type Phase = 'open' | 'draining' | 'closed';

/**
 * One session's books: credit, ledger, fates, pauses and drain. Synchronous, without RxJS, promises or a clock of its
 * own. Calls in either direction never nest: what a settle makes possible is delivered by the loop that is running, or
 * on the next turn.
 */
export class DeliveryCore<T> implements Flow, Waiter, OutletOwner<T>, ForfeitOwner<T>, EndingOwner {
  readonly ledger = new Ledger<T>();
  readonly pauses = new Pauses();
  readonly starvation: Starvation<T>;
  private source!: DeliverySource<T>;
  private phase: Phase = 'open';
  private readonly credit: Credit;
  private readonly outlet: Outlet<T>;
  private readonly forfeits: Forfeits<T>;
  private readonly returns: Returns<T>;
  private readonly ending: Ending;
  private entered = 0;
  /** Calls from below that are running: settles, and what they wake. */
  private calls = 0;
  private readonly turn: Turn;
  private readonly deadline: Deadline;
  /** When the drain began. */
  drainingSinceMs: number | undefined;
  private readonly sign: WindowSign;
  /** Sees what becomes of its deliveries, if anyone does. */
  watcher: SessionWatcher | undefined = undefined;

  constructor(
    private readonly host: CoreHost<T>,
    readonly window: Window,
    readonly fates: Fates,
  ) {
    this.credit = new Credit(window, this);
    this.outlet = new Outlet<T>(this, this.credit);
    this.forfeits = new Forfeits<T>(this.ledger, this.credit, fates, this);
    this.returns = new Returns<T>(host, this.outlet, fates);
    this.sign = new WindowSign(this.credit, this);
    this.deadline = new Deadline(host);
    this.ending = new Ending(host, this);
    this.turn = new Turn(host, () => this.takeTurn());
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

  get maxAttempts(): number | undefined {
    return this.source.maxAttempts;
  }

  /** Buffers can't hope for more: what they wait for needs the room they keep. */
  get waitsForRoom(): boolean {
    if (this.phase !== 'open' || this.credit.reservations > 0 || this.pauses.byUser) return false;
    return this.credit.blocked || (this.outlet.size === 0 && (this.ending.isNear || this.credit.refused));
  }

  /** Fetches that are out. */
  get outstanding(): number {
    return this.credit.reservations;
  }

  get empty(): boolean {
    return this.ledger.size === 0 && this.outlet.size === 0;
  }

  // ---- what the source calls

  /** Takes credit for one fetch of at most `bytes`; if false, `pull` is called when it is worth trying again. */
  reserve(bytes: number): boolean {
    if (this.phase !== 'open' || this.pauses.byUser || this.ending.failure !== undefined) return false;
    const taken = this.credit.reserve(bytes);
    this.sign.show();
    if (!taken) this.starvation.check();
    return taken;
  }

  /** A fetch brought nothing that could be delivered. */
  unreserve(bytes: number): void {
    if (this.phase === 'closed') return;
    this.credit.unreserve(bytes);
    this.sign.show();
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
    this.outlet.push(node);
    if (charged < reserved) this.window.refund(0, reserved - charged);
    this.outlet.flush();
    this.sign.show();
    return node;
  }

  /** Nothing more will come: completes when the ledger is empty. */
  end(): void {
    this.ending.isNear = true;
    this.credit.wantsNoMore();
    this.sign.show();
    this.settleDown();
  }

  /** The source is done with a decision it took its time for. */
  confirm(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    if (node.state === NodeState.Pending) this.finish(node, fate, error);
  }

  /** The session can't go on. Inside a settle or a running `next` the subscriber is told on the next turn. */
  fail(error: unknown): void {
    if (this.phase === 'closed') return;
    this.ending.fail(error);
    this.credit.leave();
    if (this.calls > 0 || this.outlet.busy || this.entered > 0) this.soon();
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
    if (node.decided) return;
    const wasOut = node.open || node.state === NodeState.Pending;
    const tell = this.forfeits.taken(node);
    if (!wasOut) return this.soon();
    this.settleDown();
    tell?.();
  }

  // ---- what handles call

  settle(node: LedgerNode<T>, attempt: number, decision: Decision): Settled {
    if (node.state !== NodeState.Live || node.attempt !== attempt || this.phase === 'closed') {
      this.fates.late++;
      return node.wasAbandoned(attempt) ? 'stale' : 'again';
    }
    node.state = NodeState.Pending;
    this.watcher?.decided(node, decision);
    this.calls++;
    try {
      const handling = this.source.settle(node, decision);
      // A source may confirm at once, inside.
      if (node.state === NodeState.Pending) {
        if (handling === 'done') this.finish(node, decision.fate);
        else if (handling === 'again') this.postpone(node, decision.fate === 'nacked' ? decision.delayMs : 0);
        else node.letGo();
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

  settledInPart(): void {
    if (this.phase !== 'closed') this.source.settledInPart?.();
  }

  bury(node: LedgerNode<T>, part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    this.source.bury(node, part, options, then);
  }

  /**
   * Nobody who could decide about it is left, or nobody could tell the system: it is given back, or comes again from
   * memory, and the session goes on. Returns what is left to be told to those who watch it.
   */
  abandon(node: LedgerNode<T>, error?: SluiceError): (() => void) | undefined {
    if (!node.open || this.phase === 'closed') return undefined;
    const delayMs = error === undefined && this.phase === 'open' ? this.source.repeatsAfterMs?.(node) : undefined;
    if (delayMs !== undefined) return this.returns.abandoned(node, delayMs);
    const tell = this.forfeits.one(node, error === undefined ? OUTCOMES.abandoned : { fate: 'abandoned', error });
    this.settleDown();
    return tell;
  }

  /** Tells on the next turn what must not be told inside a settle. */
  later(tell: (() => void) | undefined): void {
    if (tell !== undefined) this.host.after(0, tell);
  }

  // ---- what operators call

  pause(reason: string): () => void {
    const end = this.pauses.pause(reason, this.host.now());
    // Who wants nothing for now stands in nobody's way.
    this.credit.leave();
    this.sign.show();
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
    if (this.entered === 0 && (this.outlet.size > 0 || this.ending.failure !== undefined || this.ending.isHere))
      this.soon();
  }

  wake(): void {
    if (this.phase !== 'open') return;
    if (this.credit.blocked && this.outlet.unblock()) this.soon();
    this.credit.refused = false;
    this.pull();
    this.sign.show();
  }

  // ---- what the outlet and the forfeits call

  get mayHandOut(): boolean {
    return this.phase === 'open' && this.entered === 0 && this.ending.failure === undefined && !this.pauses.byUser;
  }

  lacksCredit(): void {
    this.sign.show();
    this.starvation.check();
  }

  handOut(node: LedgerNode<T>): void {
    if (node.state === NodeState.Waiting) node.renew();
    else this.ledger.append(node);
    node.state = NodeState.Live;
    this.fates.delivered++;
    this.host.emit(node);
  }

  giveBack(node: LedgerNode<T>): void {
    this.calls++;
    this.source.abandoned?.(node);
    this.calls--;
  }

  // ---- drain and close

  /** Nobody is left to ask for more; it is about to be closed. */
  rest(): void {
    this.credit.leave();
  }

  /** Stops fetching; completes when the ledger is empty, or abandons what is left at the earliest deadline given. */
  drain(deadlineMs: number): void {
    if (this.phase === 'closed') return;
    this.deadline.set(deadlineMs, () => this.expire());
    if (this.phase === 'draining') return;
    this.phase = 'draining';
    this.drainingSinceMs = this.host.now();
    this.credit.leave();
    this.forfeits.unseen(this.outlet.empty());
    this.forfeits.waiting();
    this.source.drain();
    this.starvation.drain();
    this.host.changed();
    this.settleDown();
  }

  /**
   * Ends the epoch: whatever is unsettled is abandoned, first marked, then told. What is decided and not confirmed has
   * time until the source has flushed.
   */
  close(flushed: () => void): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    this.deadline.clear();
    this.credit.leave();
    this.forfeits.unseen(this.outlet.empty());
    const told = this.forfeits.all(this.ending.failure === undefined ? 'unsubscribe' : 'error');
    this.source.close(() => {
      this.giveUp();
      flushed();
    });
    this.credit.close();
    tellAll(told);
  }

  /** Waits for no confirmation any more. */
  giveUp(): void {
    tellAll(this.forfeits.unconfirmed());
  }

  private expire(): void {
    const told = this.forfeits.all('drain');
    this.settleDown();
    tellAll(told);
  }

  // ---- the inner works

  private finish(node: LedgerNode<T>, fate: Exclude<Fate, 'abandoned'>, error?: SluiceError): void {
    node.state = NodeState.Settled;
    this.fates[fate]++;
    this.later(node.conclude(error === undefined ? OUTCOMES[fate] : { fate, error }));
    if (this.forfeits.isSettledLate(node)) return;
    this.ledger.remove(node);
    this.source.settled();
    this.window.settled(node.charged);
    this.settleDown();
  }

  private postpone(node: LedgerNode<T>, delayMs: number): void {
    this.later(this.returns.nacked(node, delayMs));
    if (!this.draining) return;
    this.forfeits.notAgain(node);
    this.settleDown();
  }

  private pull(): void {
    this.calls++;
    this.source.pull();
    this.calls--;
  }

  /** Something has been settled or has ended: is the session finished, or starved? */
  private settleDown(): void {
    if (this.ending.isHere) this.soon();
    else this.starvation.check();
  }

  /** Does on the next turn what must not happen inside a settle. */
  private soon(): void {
    if (this.phase !== 'closed') this.turn.soon();
  }

  private takeTurn(): void {
    this.outlet.flush();
    this.sign.show();
    this.conclude();
    this.starvation.check();
  }

  private conclude(): void {
    if (this.phase !== 'closed' && this.entered === 0) this.ending.conclude();
  }
}
