import { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import type { Fates } from '../../../src/observables/delivery/core/fates.js';
import { type LedgerNode, NodeState } from '../../../src/observables/delivery/core/node.js';
import type { CoreHost, Decision, DeliverySource, Handling } from '../../../src/observables/delivery/core/source.js';
import type { Window } from '../../../src/observables/delivery/core/window.js';
import type { Holder } from '../../../src/observables/delivery/types.js';
import type { Expected, Handed, Reflex, SessionPlan } from './kinds.js';
import type { ManualClock } from './manual-clock.js';

/**
 * One epoch of a core with a source that asks for as much as it may, a subscriber with reflexes, and a model of both:
 * an independent account of who is where.
 */
export class Session implements DeliverySource<Reflex>, CoreHost<Reflex> {
  readonly core: DeliveryCore<Reflex>;
  readonly takesDead = true;
  readonly handed: Handed[] = [];
  /** What has arrived, in order, and what was reserved for it. */
  readonly arrived: { readonly node: LedgerNode<Reflex>; readonly reserved: number }[] = [];
  readonly settledEnds = new Set<number>();
  out = 0;
  ended = false;
  failed: unknown;
  completed = false;
  draining = false;
  private failing = false;
  closed = false;
  readonly resumes: (() => void)[] = [];
  entered = 0;
  private position = 0;
  private inNext = false;
  /** Calls from below that must not come back. */
  private inCall = 0;
  private lastWatermark = 0;
  private readonly holder: Holder = { name: 'holder', release: () => this.release() };
  private readonly held = new Set<Handed>();

  constructor(
    private readonly clock: ManualClock,
    readonly window: Window,
    fates: Fates,
    readonly expected: Expected,
    readonly plan: SessionPlan,
  ) {
    this.core = new DeliveryCore<Reflex>(this, window, fates);
    this.core.open(this);
  }

  // ---- the world

  now(): number {
    return this.clock.now();
  }

  after(delayMs: number, then: () => void): ReturnType<ManualClock['after']> {
    return this.clock.after(delayMs, then);
  }

  changed(): void {
    // Nobody watches.
  }

  emit(node: LedgerNode<Reflex>): void {
    if (this.inNext) throw new Error('next inside next');
    if (this.inCall > 0) throw new Error('next inside a call from below');
    if (this.closed || this.completed || this.failed !== undefined) throw new Error('next after the end');
    if (this.draining) throw new Error('next while draining');
    if (this.failing) throw new Error('next after a failure');
    if (this.resumes.length > 0) throw new Error('next while paused');
    if (this.entered > 0) throw new Error('next between enter and exit');
    const before = this.handed.findLast((each) => each.node === node);
    if (before !== undefined && before.vote !== 'again') throw new Error('delivered again without a nack');
    if (node.attempt !== (before?.attempt ?? 0) + 1) throw new Error(`attempt ${node.attempt}`);
    this.expected.delivered++;
    const handed: Handed = { node, attempt: node.attempt, vote: 'settled', pending: false, lost: 0, outcomes: [] };
    this.handed.push(handed);
    node.onLost(() => handed.lost++);
    node.onOutcome(({ fate }) => handed.outcomes.push(fate));
    this.inNext = true;
    // Only the first attempt has its reflex: a nack in every attempt would never end.
    if (node.attempt === 1) this.react(handed);
    this.inNext = false;
  }

  complete(): void {
    this.over();
    const isDone = this.ended && this.out === 0 && this.arrived.every(({ node }) => node.decided);
    if (!this.draining && !isDone) throw new Error('completed with something left');
    this.completed = true;
    this.close();
  }

  error(error: unknown): void {
    this.over();
    this.failed = error;
    this.close();
  }

  private over(): void {
    if (this.inNext) throw new Error('the end inside next');
    if (this.inCall > 0) throw new Error('the end inside a call from below');
    if (this.entered > 0) throw new Error('the end between enter and exit');
    if (this.closed || this.completed || this.failed !== undefined) throw new Error('a second end');
  }

  // ---- the source

  pull(): void {
    while (this.wants && this.core.reserve(this.plan.fetchBytes)) {
      this.out++;
      if (this.draining || this.closed || this.resumes.length > 0) throw new Error('got credit that it must not use');
    }
  }

  settle(node: LedgerNode<Reflex>, decision: Decision): Handling {
    if (decision.fate === 'acked') return 'done';
    return decision.fate === 'nacked' ? 'again' : this.handling(node);
  }

  bury(): void {
    throw new Error('not in this model');
  }

  settled(): void {
    // The watermark is looked at after every step.
  }

  drain(): void {
    this.draining = true;
  }

  close(flushed?: () => void): void {
    if (flushed !== undefined) return flushed();
    if (this.closed) return;
    this.closed = true;
    this.giveUp();
    this.core.close(() => undefined);
    this.out = 0;
  }

  /** A fetch is answered, in the order in which they were sent. */
  land(bytes: number, reflex: Reflex): void {
    if (this.out === 0) return;
    this.out--;
    const position = this.position++;
    const reserved = this.plan.fetchBytes;
    const node = this.core.arrived({ value: reflex, position, end: position + 1, bytes, reserved });
    const isWanted = !this.draining && !this.closed;
    if (node === undefined && isWanted) throw new Error('refused what it had asked for');
    if (node !== undefined) this.arrived.push({ node, reserved });
    if (!this.closed) this.pull();
  }

  landEmpty(): void {
    if (this.out === 0) return;
    this.out--;
    this.core.unreserve(this.plan.fetchBytes);
    if (!this.closed) this.pull();
  }

  end(): void {
    if (this.closed) return;
    this.ended = true;
    this.core.end();
  }

  fail(): void {
    if (this.closed) return;
    this.failing = true;
    this.core.fail(new Error('the line broke'));
  }

  confirm(index: number): void {
    const pending = this.handed.filter((each) => each.pending);
    const handed = pending[index % Math.max(1, pending.length)];
    if (handed === undefined) {
      // What is not waited for, or no longer, can't be confirmed: nothing may happen.
      const any = this.handed[index % Math.max(1, this.handed.length)];
      if (any !== undefined) this.core.confirm(any.node, 'dead');
      return;
    }
    handed.pending = false;
    this.expected.dead++;
    this.settledEnds.add(handed.node.end);
    this.core.confirm(handed.node, 'dead');
  }

  lose(index: number): void {
    if (!this.plan.leased) return;
    const undecided = this.arrived.filter(({ node }) => !node.decided);
    const node = undecided[index % Math.max(1, undecided.length)]?.node;
    if (node === undefined) {
      // A lease may run out late: nothing may happen.
      const decided = this.arrived[index % Math.max(1, this.arrived.length)]?.node;
      if (decided !== undefined) this.core.lose(decided);
      return;
    }
    const handed = this.handed.findLast((each) => each.node === node);
    if (handed?.vote === 'settled' || handed?.pending === true) {
      this.expected.abandoned++;
      handed.vote = 'stale';
      handed.pending = false;
    }
    this.core.lose(node);
  }

  // ---- the subscriber

  vote(index: number, wish: 'ack' | 'nack' | 'dead', delayMs: number): void {
    const handed = this.handed[index % Math.max(1, this.handed.length)];
    if (handed !== undefined) this.decide(handed, wish, delayMs);
  }

  leave(): void {
    this.close();
  }

  drainBy(deadlineMs: number): void {
    if (this.closed) return;
    // Before the core's own timer, so that the model knows first.
    this.clock.after(deadlineMs, () => this.giveUp());
    this.called(() => this.core.drain(deadlineMs));
  }

  pause(): void {
    if (!this.closed) this.resumes.push(this.core.pause('test'));
  }

  resume(): void {
    const resume = this.resumes.shift();
    if (resume !== undefined) this.called(resume);
  }

  enter(): void {
    this.entered++;
    this.core.enter();
  }

  exit(): void {
    if (this.entered === 0) return;
    this.entered--;
    this.called(() => this.core.exit());
  }

  // ---- what must hold

  /** How many deliveries and bytes of the window are this session's. */
  get share(): { deliveries: number; bytes: number; unsettled: number; overdraft: number } {
    const mine = this.arrived.filter(({ node }) => !node.decided);
    let bytes = this.out * this.plan.fetchBytes;
    let overdraft = 0;
    for (const { node, reserved } of mine) {
      bytes += node.charged;
      overdraft = Math.max(overdraft, node.charged - reserved);
    }
    return { deliveries: this.out + mine.length, bytes, unsettled: this.core.ledger.size, overdraft };
  }

  check(): void {
    this.checkWatermark();
    for (const { node, lost, outcomes, vote, pending, attempt } of this.handed) {
      if (lost > 1) throw new Error('told twice that it was lost');
      if (outcomes.length > 1) throw new Error('told two outcomes');
      if (this.closed && vote === 'settled') throw new Error('settled in a past epoch');
      if (this.closed && pending) throw new Error('pending in a past epoch');
      if (vote === 'stale' && !pending && node.attempt === attempt && lost === 0) throw new Error('lost in silence');
    }
  }

  /** Asks if it can. */
  get isAsking(): boolean {
    return !this.closed && !this.draining && this.resumes.length === 0 && !this.failing;
  }

  /** Hands out if it can. */
  get isRunning(): boolean {
    return this.isAsking && this.entered === 0;
  }

  get wants(): boolean {
    return !this.ended && this.out < this.plan.depth;
  }

  /** What the next delivery lacks, if there is one; nothing that lacks nothing may be left. */
  get lacks(): number | undefined {
    const first = this.arrived.find(({ node }) => node.state === NodeState.Ready || node.state === NodeState.Admitted);
    if (this.closed || first === undefined) return undefined;
    return first.node.bytes - first.node.charged;
  }

  /** When all turns are over. */
  checkEnded(): void {
    if (this.closed || this.entered > 0) return;
    const isOver = this.draining || (this.ended && this.out === 0 && this.lacks === undefined);
    if (isOver && this.core.ledger.size === 0) throw new Error('over, but not completed');
  }

  // ---- the model

  private react(handed: Handed): void {
    const reflex = handed.node.value;
    if (reflex === 'ack' || reflex === 'nack' || reflex === 'dead') this.decide(handed, reflex, 0);
    else if (reflex === 'leave') this.leave();
    else if (reflex === 'drain') this.drainBy(5);
    else if (reflex === 'pause') this.pause();
    else if (reflex === 'fail') this.fail();
    else if (reflex === 'more') this.land(1, 'ack');
    else if (reflex === 'hold') {
      this.held.add(handed);
      this.called(() => handed.node.hold(this.holder));
    }
  }

  private decide(handed: Handed, wish: 'ack' | 'nack' | 'dead', delayMs: number): void {
    const { node, vote } = handed;
    if (vote !== 'settled') this.expected.late++;
    else {
      handed.vote = 'again';
      this.held.delete(handed);
      if (wish === 'ack') {
        this.expected.acked++;
        this.settledEnds.add(node.end);
      } else if (wish === 'nack' || this.plan.takesTime === 'again') this.expected.nacked++;
      else if (this.plan.takesTime === 'wait' && node.position % 2 === 0) handed.pending = true;
      else {
        this.expected.dead++;
        this.settledEnds.add(node.end);
      }
    }
    const decision: Decision =
      wish === 'ack'
        ? { fate: 'acked', result: undefined }
        : wish === 'nack'
          ? { fate: 'nacked', delayMs }
          : { fate: 'dead', options: {} };
    this.called(() => {
      const settled = this.core.settle(node, handed.attempt, decision);
      if (settled !== vote) throw new Error(`${wish} was ${settled}, not ${vote}`);
    });
  }

  /** Of those that are waited for, every second is confirmed inside the call. */
  private handling(node: LedgerNode<Reflex>): Handling {
    if (this.plan.takesTime === 'wait' && node.position % 2 === 1) this.core.confirm(node, 'dead');
    return this.plan.takesTime;
  }

  private called(call: () => void): void {
    this.inCall++;
    call();
    this.inCall--;
  }

  private release(): void {
    for (const handed of [...this.held]) {
      this.held.delete(handed);
      handed.node.unhold(this.holder);
      if (handed.vote === 'settled') this.decide(handed, 'ack', 0);
    }
  }

  /** The epoch is over, or a drain's deadline: whatever is unsettled is abandoned. */
  giveUp(): void {
    for (const handed of this.handed) {
      if (handed.vote !== 'settled' && !handed.pending) continue;
      handed.vote = 'stale';
      handed.pending = false;
      this.expected.abandoned++;
    }
    this.held.clear();
  }

  private checkWatermark(): void {
    if (this.plan.leased) return;
    let contiguous = 0;
    while (this.settledEnds.has(contiguous + 1)) contiguous++;
    const { watermark } = this.core.ledger;
    if (watermark !== contiguous) throw new Error(`the watermark is ${watermark}, not ${contiguous}`);
    if (watermark < this.lastWatermark) throw new Error('the watermark went back');
    this.lastWatermark = watermark;
  }
}
