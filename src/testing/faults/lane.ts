import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import type { Trouble } from './trouble.js';

/** Where a lane leads. */
export interface LaneEnds {
  /** Bytes are through; they are whoever put them in's. False: no more until `resume`. */
  arrived(bytes: Uint8Array): boolean;
  /** Nothing is left, on a turn of its own. */
  emptied?(): void;
}

interface Item {
  readonly what: Uint8Array | (() => void);
  /** How much of it is through. */
  through: number;
  due: boolean;
  readonly timer: Subscription | undefined;
}

/** One direction of a connection: keeps the order, at the pace that there is. Without trouble all goes through at once. */
export class Lane {
  readonly #pace: Trouble;
  readonly #ends: LaneEnds;
  #items: Item[] = [];
  #bytes = 0;
  #blocked = false;
  #pumping = false;
  /** Until the next turn nothing goes on: bytes come in pieces. */
  #turn: Subscription | undefined;
  /** The millisecond in which so many bytes may still come. */
  #tick: Subscription | undefined;
  #allowance = 0;
  #soon: Subscription | undefined;

  constructor(pace: Trouble, ends: LaneEnds) {
    this.#pace = pace;
    this.#ends = ends;
  }

  /** How many bytes are on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No bytes may go on until `resume`. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** What is not through when this returns is copied. */
  put(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#free()) {
      const count = this.#piece(bytes.length);
      rest = bytes.subarray(count);
      this.#pass(bytes.subarray(0, count));
    }
    if (rest.length === 0) return;
    this.#bytes += rest.length;
    if (this.#tick !== undefined) this.#pace.felt('slowReader');
    this.#add(new Uint8Array(rest));
  }

  /** Calls `then` at the far end, behind all that was put in before. */
  signal(then: () => void): void {
    if (this.#items.length === 0 && !this.#pumping && !this.#resting && this.#pace.delayMs === 0) then();
    else this.#add(then);
  }

  resume(): void {
    this.#blocked = false;
    this.#pump();
  }

  /** All that is on its way is due, on the next turn. */
  hurry(): void {
    for (const item of this.#items) {
      item.timer?.unsubscribe();
      item.due = true;
    }
    this.#wake();
    if (this.#items.length === 0) return;
    this.#soon ??= clock.after(0, () => {
      this.#soon = undefined;
      this.#pump();
    });
  }

  /** Loses all that is on its way. */
  forget(): void {
    for (const { timer } of this.#items) timer?.unsubscribe();
    this.#items = [];
    this.#bytes = 0;
    this.#blocked = false;
    this.#wake();
    this.#soon?.unsubscribe();
    this.#soon = undefined;
  }

  /** Whether bytes may go through at once. */
  #free(): boolean {
    return this.#items.length === 0 && !this.#pumping && !this.#blocked && !this.#resting && this.#pace.delayMs === 0;
  }

  get #resting(): boolean {
    return this.#turn !== undefined || (this.#tick !== undefined && this.#allowance < 1);
  }

  #wake(): void {
    this.#turn?.unsubscribe();
    this.#tick?.unsubscribe();
    this.#turn = this.#tick = undefined;
  }

  #add(what: Item['what']): void {
    const { delayMs } = this.#pace;
    if (delayMs > 0) this.#pace.felt('delay');
    const item: Item = {
      what,
      through: 0,
      due: delayMs === 0,
      timer:
        delayMs === 0
          ? undefined
          : clock.after(delayMs, () => {
              item.due = true;
              this.#pump();
            }),
    };
    this.#items.push(item);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let item = this.#items[0]; item?.due === true; item = this.#items[0]) {
        if (this.#resting) break;
        const { what, through } = item;
        if (typeof what === 'function') {
          this.#items.shift();
          what();
          continue;
        }
        if (this.#blocked) break;
        const piece = what.subarray(through, through + this.#piece(what.length - through));
        item.through += piece.length;
        this.#bytes -= piece.length;
        if (item.through === what.length) this.#items.shift();
        this.#pass(piece);
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#items.length === 0 && !this.#blocked) this.#ends.emptied?.();
  }

  /** How many of so many bytes may go on together. */
  #piece(length: number): number {
    const { splitBytes, bytesPerMs } = this.#pace;
    const mostNow = this.#tick === undefined ? Math.max(1, Math.floor(bytesPerMs)) : this.#allowance;
    if (splitBytes < length) this.#pace.felt('split');
    return Math.min(length, splitBytes, mostNow);
  }

  #pass(bytes: Uint8Array): void {
    const { splitBytes, bytesPerMs } = this.#pace;
    if (splitBytes !== Number.POSITIVE_INFINITY) this.#turn = clock.after(0, () => this.#rested('turn'));
    if (bytesPerMs !== Number.POSITIVE_INFINITY) {
      if (this.#tick === undefined) {
        this.#allowance = Math.max(1, Math.floor(bytesPerMs));
        this.#tick = clock.after(Math.max(1, Math.ceil(1 / bytesPerMs)), () => this.#rested('tick'));
      }
      this.#allowance -= bytes.length;
    }
    if (!this.#ends.arrived(bytes)) this.#blocked = true;
  }

  #rested(from: 'turn' | 'tick'): void {
    if (from === 'turn') this.#turn = undefined;
    else this.#tick = undefined;
    this.#pump();
  }
}
