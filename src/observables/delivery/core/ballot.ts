import { messageOf } from '../../../foundation/message-of.js';
import { UndecidedError } from '../errors.js';
import type { Holder, Settled } from '../types.js';
import type { LedgerNode } from './node.js';
import type { Decision } from './source.js';
import { Vote } from './vote.js';

/** What one subscriber comes to; one that leaves before it has decided has decided that, too. */
export type Choice = Decision | { readonly fate: 'abandoned' };

const LEFT: Choice = { fate: 'abandoned' };

/** The higher, the worse; the worst wins. */
const RANK = { acked: 0, abandoned: 1, nacked: 2, dead: 3 } as const;

/**
 * What several subscribers of a hot stream make of one attempt at a delivery. Whoever was subscribed when it was handed
 * out has a vote; when all have voted the worst one is carried out. Of several nacks the longest delay counts, of
 * several letters to the dead the first, of several results the last: so what can't be sent fails in its owner's hands.
 */
export class Ballot<T = unknown> {
  readonly votes: readonly Vote<T>[];
  readonly attempt: number;
  private worst: Choice | undefined;
  /** The last operator of the subscriber whose word that is. */
  private operator = '';
  /** Votes that are out; the last one decides, and stays. */
  private left: number;
  /** Those of them whose delivery a buffer keeps. */
  private kept = 0;

  constructor(
    readonly node: LedgerNode<T>,
    voters: readonly object[],
  ) {
    this.votes = voters.map((voter) => new Vote<T>(this, voter));
    this.attempt = node.attempt;
    this.left = voters.length;
  }

  /** Votes that are in. */
  get cast(): number {
    return this.votes.length - this.left;
  }

  /** All who have still to vote keep it back. */
  get held(): boolean {
    return this.kept === this.left;
  }

  /** Who keeps it back. */
  get keepers(): Holder[] {
    return this.votes.flatMap(({ keepers }) => [...keepers]);
  }

  letGo(): void {
    this.kept = 0;
  }

  /** A voter's buffers have begun to keep it, or let go of it. */
  keep(by: 1 | -1): void {
    this.kept += by;
  }

  /** @throws what the source throws if it can't tell this very decision to its system: then the vote is still out. */
  decide(vote: Vote<T>, decision: Decision): Settled {
    const { worst: before, operator } = this;
    const worst = this.weigh(vote, decision);
    if (this.left > 1) {
      this.wasCast(vote);
      return 'settled';
    }
    try {
      this.node.flow.later(this.carryOut(worst));
    } catch (error) {
      if (worst === decision) {
        this.worst = before;
        this.operator = operator;
        throw error;
      }
      this.node.flow.later(this.giveUp(error));
    }
    return 'settled';
  }

  /** A subscriber has gone. Returns what is left to be told once everything of its is marked. */
  leave(voter: object): (() => void)[] {
    const vote = this.votes.find((one) => one.voter === voter);
    if (vote?.open !== true) return [];
    const told = [vote.leave()];
    const worst = this.weigh(vote, LEFT);
    if (this.left > 1) this.wasCast(vote);
    else told.push(this.leaveLast(worst));
    return told.filter((tell) => tell !== undefined);
  }

  private weigh(vote: Vote<T>, choice: Choice): Choice {
    const worst = worse(this.worst, choice);
    this.worst = worst;
    if (worst === choice) this.operator = vote.operator;
    return worst;
  }

  private leaveLast(worst: Choice): (() => void) | undefined {
    try {
      return this.carryOut(worst);
    } catch (error) {
      return this.giveUp(error);
    }
  }

  private carryOut(worst: Choice): (() => void) | undefined {
    const { node } = this;
    node.touch(this.operator);
    if (worst.fate === 'abandoned') return node.flow.abandon(node);
    node.flow.settle(node, node.attempt, worst);
    return undefined;
  }

  /** The system can't be told, and the one who could try again has been told that it is decided. */
  private giveUp(cause: unknown): (() => void) | undefined {
    const { node } = this;
    const message = `what was voted could not be carried out: ${messageOf(cause)}`;
    return node.flow.abandon(node, new UndecidedError(message, { cause }));
  }

  private wasCast(vote: Vote<T>): void {
    const wasHeld = this.held;
    if (vote.letGo()) this.kept--;
    this.left--;
    if (this.held && !wasHeld) this.node.flow.starvation.stuck();
  }
}

function worse(one: Choice | undefined, other: Choice): Choice {
  if (one === undefined || RANK[one.fate] < RANK[other.fate]) return other;
  if (RANK[one.fate] > RANK[other.fate]) return one;
  if (one.fate === 'nacked' && other.fate === 'nacked') return one.delayMs < other.delayMs ? other : one;
  return one.fate === 'acked' ? other : one;
}
