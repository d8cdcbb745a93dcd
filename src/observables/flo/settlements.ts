import { NotFoundError, UnavailableError, type FloError } from '../../codecs/flo/errors.js';
import { MAX_SEQS } from '../../codecs/flo/limits.js';
import { clock } from '../../foundation/clock.js';
import type { Failure } from '../../transports/flo/call.js';
import type { Timer } from '../delivery/core/source.js';

/** What the server is told of a message; `back` is a nack of one that nobody has decided about. */
export type Word = 'ack' | 'nack' | 'dead' | 'back';

/** One message that the server is to be told about. */
export interface Settlement {
  readonly seq: bigint;
  readonly word: Word;
  /** It is still ours: the server would not take this for a word on somebody else's lease. */
  isOurs(): boolean;
  /** The server knows. */
  done(): void;
  /** The server has given the message to somebody else, or never had it. */
  gone(): void;
}

/** Who settles. */
export interface SettlementsOwner {
  /** Nothing is to be asked for now; `resume` will be called. */
  readonly isPausing: boolean;
  /** What is given back has to wait: there is a poll out that would only take it again. */
  readonly keepsBack: boolean;
  /** Sends one request for all, at most 1 024. */
  tell(word: Word, seqs: readonly bigint[], then: Told): void;
  trouble(error: FloError, how: Failure): void;
}

/** What became of a request. */
export interface Told {
  answered(): void;
  failed(error: FloError, how: Failure): void;
}

/**
 * What the server has to be told, gathered for a turn and sent as one request for each kind. What broke on its way is
 * sent again while the message is ours: acks and dead letters may come twice. A nack that may have come through is not
 * repeated: the message may be leased again by now, to us even.
 */
export class Settlements {
  private due: Settlement[] = [];
  private turn: Timer | undefined;
  private underWay = 0;
  private closed: (() => void) | undefined;
  private isOver = false;
  private isCutOff = false;
  /** Sent since `close`. */
  private readonly last = new Set<Settlement>();

  constructor(private readonly owner: SettlementsOwner) {}

  add(settlement: Settlement): void {
    this.due.push(settlement);
    this.turn ??= clock.after(0, () => this.flush());
  }

  /** Sends what is owed, unless there is a pause. */
  resume(): void {
    if (this.due.length > 0 && !this.owner.isPausing) this.turn ??= clock.after(0, () => this.flush());
  }

  /**
   * Sends the rest at once, and once more what was under way and breaks; calls `then` when there is nothing left to
   * say. With `isCutOff` there is no use in trying.
   */
  close(isCutOff: boolean, then: () => void): void {
    this.closed = then;
    this.isCutOff = isCutOff;
    if (isCutOff) this.due = [];
    this.flush();
  }

  /** Sends what is owed now, not at the end of the turn. */
  flush(): void {
    this.turn?.unsubscribe();
    this.turn = undefined;
    if (this.closed === undefined && this.owner.isPausing) return;
    const ours = this.due.filter((settlement) => settlement.isOurs());
    const { keepsBack } = this.owner;
    this.due = keepsBack ? ours.filter(({ word }) => word === 'back') : [];
    const due = keepsBack ? ours.filter(({ word }) => word !== 'back') : ours;
    for (const word of ['ack', 'nack', 'dead', 'back'] as const) {
      const told = due.filter((settlement) => settlement.word === word);
      for (let at = 0; at < told.length; at += MAX_SEQS) this.tell(word, told.slice(at, at + MAX_SEQS));
    }
    this.tellIfOver();
  }

  private tell(word: Word, told: readonly Settlement[]): void {
    this.underWay++;
    if (this.closed !== undefined) for (const settlement of told) this.last.add(settlement);
    this.owner.tell(
      word,
      told.map(({ seq }) => seq),
      {
        answered: () => {
          this.underWay--;
          for (const settlement of told) settlement.done();
          this.tellIfOver();
        },
        failed: (error, how) => {
          this.underWay--;
          this.failed(word, told, error, how);
          this.tellIfOver();
        },
      },
    );
  }

  private failed(word: Word, told: readonly Settlement[], error: FloError, how: Failure): void {
    if (how === 'refused' && error instanceof NotFoundError) {
      // One of them is not there: which one, only single requests can tell.
      if (told.length === 1) told[0]?.gone();
      else for (const settlement of told) this.tell(word, [settlement]);
      return;
    }
    const isDone = word === 'back' ? how === 'unknown' || !error.retryable : word === 'nack' && mayHaveRun(error, how);
    if (isDone) for (const settlement of told) settlement.done();
    else this.due.push(...told.filter((settlement) => this.mayRepeat(settlement)));
    if (!isDone || how !== 'refused') this.owner.trouble(error, how);
    this.resume();
  }

  private mayRepeat(settlement: Settlement): boolean {
    if (this.isOver) return false;
    return this.closed === undefined || !(this.isCutOff || this.last.has(settlement));
  }

  private tellIfOver(): void {
    const { closed } = this;
    if (closed === undefined || this.underWay > 0 || this.due.length > 0) return;
    this.closed = undefined;
    this.isOver = true;
    closed();
  }
}

function mayHaveRun(error: FloError, how: Failure): boolean {
  if (how === 'refused') return error instanceof UnavailableError && error.ran !== 'no';
  return how === 'unknown';
}
