import type { SluiceError } from '../../../foundation/errors.js';
import type { DeadOptions, DeadPart, Duty, Holder, Outcome } from '../types.js';
import type { Ballot } from './ballot.js';
import type { DeliveryCore } from './delivery-core.js';
import { Parts } from './parts.js';
import type { Cause } from './session-watcher.js';
import type { Timer } from './source.js';
import { tellAll } from './tell-all.js';

/** Where a delivery stands. */
export enum NodeState {
  /** Arrived, not yet handed out; it may lack credit. */
  Ready,
  /** About to be handed out: it has all its credit. */
  Admitted,
  /** Handed out, unsettled. */
  Live,
  /** Nacked: comes again after its delay. */
  Waiting,
  /** Decided; the source is not done with it. */
  Pending,
  Settled,
  /** Abandoned: by teardown, a drain's deadline or the end of its lease. */
  Lost,
}

interface Watchers {
  readonly lost: (() => void)[];
  readonly outcome: ((outcome: Outcome) => void)[];
}

/** Attempts that were abandoned and came again all the same: rare, so that nodes have no field for them. */
const attemptsLeft = new WeakMap<object, Set<number>>();

/** One delivery in the books of its session, and the duty of its only subscriber. Handles come and go; this is what the session keeps. */
export class LedgerNode<T = unknown> implements Duty {
  previous: LedgerNode<T> | undefined = undefined;
  next: LedgerNode<T> | undefined = undefined;
  sequence = 0;
  state = NodeState.Ready;
  attempt = 1;
  /** Bytes of credit it holds. */
  charged: number;
  /** The last Sluice operator that saw it. */
  operator = '';
  /** The redelivery timer while it waits. */
  timer: Timer | undefined = undefined;
  /** Set when the fate of this attempt is final. */
  outcome: Outcome | undefined = undefined;
  /** Whoever got it alone, unless there is a ballot. */
  voter: object | undefined = undefined;
  /** What several make of this attempt. */
  ballot: Ballot<T> | undefined = undefined;
  private holders: Set<Holder> | undefined = undefined;
  private watchers: Watchers | undefined = undefined;
  private parts: Parts | undefined = undefined;

  constructor(
    readonly flow: DeliveryCore<T>,
    readonly value: T,
    readonly position: number,
    readonly end: number,
    readonly bytes: number,
    readonly sinceMs: number,
    reserved: number,
  ) {
    this.charged = reserved;
  }

  get open(): boolean {
    return this.state === NodeState.Live;
  }

  /** Nothing can be decided about it any more. */
  get decided(): boolean {
    return this.state === NodeState.Settled || this.state === NodeState.Lost;
  }

  /** All who have still to decide about it keep it back. */
  get held(): boolean {
    if (this.ballot !== undefined) return this.ballot.held;
    return this.holders !== undefined && this.holders.size > 0;
  }

  /** Everything below is settled: where it begins, unless it is settled part by part. */
  get settledTo(): number {
    return this.parts === undefined ? this.position : this.parts.end;
  }

  touch(operator: string): void {
    this.operator = operator;
  }

  hold(by: Holder): void {
    if (!this.open || this.ballot !== undefined) return;
    const wasFree = !this.held;
    this.holders ??= new Set();
    this.holders.add(by);
    this.flow.starvation.held(by, wasFree);
  }

  unhold(by: Holder): void {
    if (this.holders?.delete(by) === true && this.holders.size === 0) this.flow.starvation.freed();
  }

  /** It is decided: whoever keeps it stands in nobody's way. */
  letGo(): void {
    if (this.held) this.flow.starvation.freed();
    this.holders = undefined;
    this.ballot?.letGo();
  }

  /** Who keeps it back. */
  get keepers(): Iterable<Holder> {
    return this.ballot?.keepers ?? this.holders ?? [];
  }

  /** Nobody has decided about this attempt, and nobody will. */
  wasAbandoned(attempt: number): boolean {
    if (attempt !== this.attempt) return attemptsLeft.get(this)?.has(attempt) === true;
    return this.state === NodeState.Lost || this.outcome?.fate === 'abandoned';
  }

  onLost(then: () => void): void {
    if (this.wasAbandoned(this.attempt)) then();
    else if (this.outcome === undefined) this.watch().lost.push(then);
  }

  onOutcome(then: (outcome: Outcome) => void): void {
    if (this.outcome !== undefined) then(this.outcome);
    else this.watch().outcome.push(then);
  }

  inParts(from: number, to: number, settledTo: () => number): (() => void) | undefined {
    // A batch that somebody has made of it has positions of its own.
    if (from !== this.position || to !== this.end) return undefined;
    this.parts ??= new Parts(this.position);
    this.parts.add(settledTo);
    return () => this.flow.settledInPart();
  }

  bury(part: DeadPart, options: DeadOptions, then: (error?: SluiceError) => void): void {
    this.flow.bury(this, part, options, then);
  }

  /** It is to come again: what is still done about its parts moves no position beyond them. */
  setAside(): void {
    this.parts?.renew();
  }

  /** Comes again as a delivery of its own: what was told of the last one no longer counts. */
  renew(): void {
    if (this.wasAbandoned(this.attempt)) {
      const attempts = attemptsLeft.get(this) ?? new Set();
      attemptsLeft.set(this, attempts.add(this.attempt));
    }
    this.attempt++;
    this.outcome = undefined;
    this.voter = undefined;
    this.ballot = undefined;
    this.parts?.renew();
    this.operator = '';
  }

  /** The fate is final; returns what remains to be told to those who watch, if anyone does. */
  conclude(outcome: Outcome, cause?: Cause): (() => void) | undefined {
    this.outcome = outcome;
    this.flow.watcher?.concluded(this, outcome, cause);
    this.letGo();
    const { watchers } = this;
    if (watchers === undefined) return undefined;
    this.watchers = undefined;
    const lost = this.state === NodeState.Lost ? watchers.lost : [];
    if (lost.length + watchers.outcome.length === 0) return undefined;
    return () => tellAll([...lost, ...watchers.outcome.map((then) => () => then(outcome))]);
  }

  private watch(): Watchers {
    this.watchers ??= { lost: [], outcome: [] };
    return this.watchers;
  }
}
