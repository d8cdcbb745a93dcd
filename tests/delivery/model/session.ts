import { DeliveryCore } from '../../../src/observables/delivery/core/delivery-core.js';
import { type LedgerNode, NodeState } from '../../../src/observables/delivery/core/node.js';
import type { Decision } from '../../../src/observables/delivery/core/source.js';
import type { Fate, Holder, Settled } from '../../../src/observables/delivery/types.js';
import { ensure } from './ensure.js';
import { newEntry, settledUpTo, type Entry, type Surroundings } from './entry.js';
import { type Reply, ScriptedSource } from './scripted-source.js';

/** One epoch: the engine's books and the model's, side by side. */
export class Session implements Holder {
  readonly name = 'buffer';
  readonly core: DeliveryCore<Entry>;
  readonly source: ScriptedSource<Entry>;
  readonly entries: Entry[] = [];
  readonly pauses: (() => void)[] = [];
  phase: 'open' | 'draining' | 'closed' = 'open';
  completed = 0;
  errored = 0;
  entered = 0;
  failed = false;
  finishes = 0;
  flushes = 0;
  watermark: number;
  private emitting = false;
  private deadlineMs: number | undefined;
  private takesAlarm = false;

  constructor(
    readonly world: Surroundings,
    readonly start: number,
  ) {
    const { clock, window, fates, script } = world;
    this.core = new DeliveryCore<Entry>(
      {
        now: clock.now,
        after: (delayMs, then) => {
          // The first timer that a drain sets is its deadline.
          const isDeadline = this.takesAlarm;
          this.takesAlarm = false;
          return clock.after(delayMs, isDeadline ? () => this.expire(then) : then);
        },
        emit: (node) => this.emit(node),
        complete: () => this.complete(),
        error: () => this.error(),
        changed: () => undefined,
      },
      window,
      fates,
    );
    this.core.ledger.startAt(start);
    this.watermark = start;
    this.source = new ScriptedSource<Entry>(this.core, script, start);
    this.call('open', () => this.core.open(this.source));
  }

  get paused(): boolean {
    return this.pauses.length > 0;
  }

  in(...states: Entry['state'][]): Entry[] {
    return this.entries.filter(({ state }) => states.includes(state));
  }

  /** Nothing is left, and nothing more will come. */
  get isOver(): boolean {
    if (this.in('ready', 'live', 'pending', 'waiting').length > 0) return false;
    return this.phase === 'draining' || (this.source.ended && this.source.out.length === 0);
  }

  /** Where the watermark must stand: all that was handed out below it is settled. */
  get settledUpTo(): number {
    return settledUpTo(this.entries) ?? this.start;
  }

  // ---- what the source does

  /** Answers the oldest fetch. */
  arrive(bytes: number, length: number): void {
    const { source, core } = this;
    const reserved = source.out.shift();
    if (reserved === undefined) return;
    const position = source.position;
    const entry = newEntry(this, { position, end: position + length, bytes, reserved });
    const isWanted = this.phase === 'open';
    if (isWanted) {
      source.position = entry.end;
      this.entries.push(entry);
    }
    const before = this.world.inside;
    this.world.inside = 'arrival';
    const node = core.arrived({ value: entry, position, end: entry.end, bytes, reserved });
    this.world.inside = before;
    ensure((node !== undefined) === isWanted, 'an arrival is refused by closed and draining sessions only');
    if (node !== undefined) this.know(entry, node);
    this.call('pull', () => source.pull());
  }

  answerEmpty(): void {
    const reserved = this.source.out.shift();
    if (reserved === undefined) return;
    this.source.asleep = true;
    this.call('unreserve', () => this.core.unreserve(reserved));
    this.world.clock.after(5, () => this.wakeSource());
  }

  wakeSource(): void {
    this.source.asleep = false;
    this.call('pull', () => this.source.pull());
  }

  detach(): void {
    this.source.detached = true;
    this.call('unreserve', () => this.source.giveBack());
  }

  attach(): void {
    this.source.detached = false;
    this.call('pull', () => this.source.pull());
  }

  end(): void {
    this.source.ended = true;
    this.source.refused = false;
    this.call('end', () => this.core.end());
  }

  fail(): void {
    if (this.phase !== 'closed') this.failed = true;
    this.core.fail(new Error('the server hung up'));
  }

  confirm(entry: Entry, fate: 'acked' | 'dead'): void {
    if (entry.node === undefined) return;
    if (entry.state === 'pending') this.finished(entry, fate);
    else if (entry.state === 'leaving') this.done(entry, fate, false);
    this.call('confirm', () => this.core.confirm(entry.node!, fate));
  }

  lose(entry: Entry): void {
    if (entry.node === undefined) return;
    const { state } = entry;
    if (state !== 'done') {
      const wasOut = state === 'live' || state === 'pending' || state === 'leaving';
      this.done(entry, wasOut ? 'abandoned' : undefined, state !== 'leaving');
      // One that waits to come again was nacked; that is its fate.
      entry.lost = state !== 'waiting';
      entry.takenAway = true;
    }
    this.call('lose', () => this.core.lose(entry.node!));
  }

  /** Nobody is left who could decide about it. */
  forsake(entry: Entry): void {
    const { node, state } = entry;
    if (node === undefined) return;
    if (state === 'live') {
      entry.owed++;
      entry.lost = true;
      entry.takenAway = true;
      this.done(entry, 'abandoned', false);
    }
    this.call('abandon', () => this.core.abandon(node))?.();
  }

  /** A closed source has done what was left. */
  flush(): void {
    const { flushed } = this.source;
    if (flushed === undefined) return;
    this.source.flushed = undefined;
    this.giveUp();
    this.call('flush', flushed);
  }

  // ---- what the subscriber does

  settle(entry: Entry, attempt: number, decision: Decision, reply: Reply): void {
    const { counted } = this.world;
    const { node, session } = entry;
    if (node === undefined) return;
    const counts = entry.state === 'live' && attempt === entry.attempt;
    if (!counts) counted.late++;
    else if (reply === 'fail') session.failed = true;
    let expected: Settled = 'settled';
    if (!counts) expected = entry.lost && attempt === entry.attempt ? 'stale' : 'again';
    else if (reply === 'done' || reply === 'inside') session.finished(entry, decision.fate);
    else if (reply === 'wait' || reply === 'fail') {
      entry.state = 'pending';
      entry.held = false;
    } else if (reply === 'again') session.nacked(entry, decision.fate === 'nacked' ? decision.delayMs : 0);
    session.source.reply = reply;
    let result: Settled | 'thrown' = 'thrown';
    try {
      result = this.call('settle', () => session.core.settle(node, attempt, decision));
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'it can not be encoded') throw error;
    }
    ensure(result === (counts && reply === 'throw' ? 'thrown' : expected), `a settle is ${expected}, not ${result}`);
  }

  pause(name: string): void {
    this.pauses.push(this.call('pause', () => this.core.pause(name)));
    this.source.refused = false;
  }

  unpause(at: number): void {
    const [end] = this.pauses.splice(at % Math.max(1, this.pauses.length), 1);
    if (end === undefined) return;
    this.call('unpause', end);
    // A second time means nothing.
    this.call('unpause', end);
  }

  enter(): void {
    this.entered++;
    this.core.enter();
  }

  exit(): void {
    if (this.entered === 0) return;
    this.entered--;
    this.call('exit', () => this.core.exit());
  }

  hold(entry: Entry): void {
    if (entry.node === undefined) return;
    if (entry.state === 'live') entry.held = true;
    this.call('hold', () => entry.node?.hold(this));
  }

  unhold(entry: Entry): void {
    entry.held = false;
    this.call('unhold', () => entry.node?.unhold(this));
  }

  /** Asked to let go, a buffer does. */
  release(): void {
    ensure(this.world.inside === undefined, 'buffers are told to let go on a turn of their own');
    for (const entry of this.entries) if (entry.held) this.unhold(entry);
  }

  drain(deadlineMs: number): void {
    const atMs = this.world.clock.now() + deadlineMs;
    if (this.phase !== 'closed' && (this.deadlineMs === undefined || atMs < this.deadlineMs)) {
      this.deadlineMs = atMs;
      this.takesAlarm = true;
    }
    if (this.phase === 'open') {
      this.phase = 'draining';
      for (const entry of this.in('ready', 'waiting')) {
        entry.lost = entry.state === 'ready';
        entry.owed++;
        this.done(entry, undefined, false);
      }
    }
    this.call('drain', () => this.core.drain(deadlineMs));
    ensure(!this.takesAlarm, 'a drain has a deadline');
  }

  close(): void {
    if (this.phase !== 'closed') {
      this.abandon();
      if (!this.world.script.flushesLate) this.giveUp();
    }
    this.phase = 'closed';
    this.call('close', () => this.core.close(() => this.flushes++));
    ensure(this.flushes === (this.source.flushed === undefined ? 1 : 0), 'a session is flushed once');
    ensure(
      this.source.watermarkAtClose === this.core.ledger.watermark,
      'the watermark is final when the source is closed',
    );
  }

  // ---- what the engine tells

  private emit(node: LedgerNode<Entry>): void {
    const entry = node.value;
    const { inside, clock, counted } = this.world;
    this.know(entry, node);
    const where = inside === 'arrival' ? 'an arrival' : `a ${inside ?? 'turn'}`;
    ensure(inside === undefined || inside === 'arrival', `nothing is handed out inside ${where}`);
    ensure(!this.emitting, 'next is never called inside next');
    ensure(this.phase === 'open', `nothing is handed out while ${this.phase}`);
    ensure(!this.paused, 'nothing is handed out while paused');
    ensure(this.entered === 0, 'nothing is handed out between enter and exit');
    ensure(!this.failed, 'nothing is handed out after a failure');
    if (entry.state === 'waiting') {
      ensure(clock.now() >= entry.dueMs, 'a delivery stays away for its delay');
      entry.attempt++;
    } else ensure(this.in('ready')[0] === entry, 'deliveries are handed out in order');
    ensure(node.attempt === entry.attempt, 'attempts are counted');
    entry.state = 'live';
    entry.emitted = true;
    counted.delivered++;
    this.watch(entry, node);
    this.emitting = true;
    this.world.inside = undefined;
    this.world.emitted(entry);
    this.world.inside = inside;
    this.emitting = false;
  }

  private watch(entry: Entry, node: LedgerNode<Entry>): void {
    const { attempt } = entry;
    const told: Fate[] = (entry.told[attempt] = []);
    entry.lostTold[attempt] = 0;
    node.onOutcome(({ fate }) => {
      told.push(fate);
      if (fate !== 'abandoned' || entry.takenAway) return;
      const isUnmarked = ({ node: other, state }: Entry): boolean =>
        other?.state === NodeState.Live || (other?.state === NodeState.Pending && state !== 'leaving');
      ensure(!this.entries.some(isUnmarked), 'nobody is told before everything is marked');
      // Those who hear of it may try to settle what is left.
      const last = this.entries.filter(({ emitted }) => emitted).at(-1);
      if (last !== undefined) this.settle(last, last.attempt, { fate: 'acked', result: undefined }, 'done');
    });
    node.onLost(() => (entry.lostTold[attempt] = (entry.lostTold[attempt] ?? 0) + 1));
  }

  private complete(): void {
    ensure(this.world.inside === undefined, `completion is not told inside a ${this.world.inside}`);
    ensure(!this.emitting && this.entered === 0, 'completion waits until next has returned');
    ensure(this.isOver || (this.failed && this.phase === 'draining'), 'a session completes when all is settled');
    this.completed++;
    this.close();
  }

  private error(): void {
    ensure(this.world.inside === undefined, `an error is not told inside a ${this.world.inside}`);
    ensure(!this.emitting && this.entered === 0, 'an error waits until next has returned');
    ensure(this.failed && this.phase === 'open', 'an error was told by the source, to a session that does not drain');
    this.errored++;
    this.close();
  }

  // ---- the model's books

  private call<R>(name: string, then: () => R): R {
    const before = this.world.inside;
    this.world.inside = name;
    try {
      return then();
    } finally {
      this.world.inside = before;
    }
  }

  private know(entry: Entry, node: LedgerNode<Entry>): void {
    ensure(entry.node === undefined || entry.node === node, 'a delivery is one node');
    entry.node = node;
  }

  private finished(entry: Entry, fate: Exclude<Fate, 'abandoned'>): void {
    this.finishes++;
    this.done(entry, fate, true);
  }

  private nacked(entry: Entry, delayMs: number): void {
    entry.dueMs = this.world.clock.now() + delayMs;
    if (this.phase === 'draining') {
      entry.owed++;
      return this.done(entry, 'nacked', false);
    }
    this.world.counted.nacked++;
    entry.fates[entry.attempt] = 'nacked';
    entry.held = false;
    entry.state = 'waiting';
  }

  private done(entry: Entry, fate: Fate | undefined, passed: boolean): void {
    if (fate !== undefined) {
      this.world.counted[fate]++;
      entry.fates[entry.attempt] = fate;
    }
    entry.held = false;
    entry.passed = passed;
    entry.state = 'done';
  }

  private expire(then: () => void): void {
    this.abandon();
    this.call('deadline', then);
  }

  private abandon(): void {
    for (const entry of this.in('pending')) entry.state = 'leaving';
    for (const entry of this.in('ready', 'live', 'waiting')) {
      entry.lost = entry.state !== 'waiting';
      entry.owed++;
      this.done(entry, entry.state === 'live' ? 'abandoned' : undefined, false);
    }
  }

  /** What no confirmation will come for any more. */
  private giveUp(): void {
    for (const entry of this.in('leaving')) {
      entry.lost = true;
      this.done(entry, 'abandoned', false);
    }
  }
}
