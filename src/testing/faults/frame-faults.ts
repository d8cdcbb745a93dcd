import type { Subscription } from 'rxjs';
import { clock } from '../../foundation/clock.js';
import type { Direction } from './fault.js';
import { corrupted, type Trouble, type Waiting } from './trouble.js';

/**
 * How many bytes the frame has that begins at `bytes[start]`; undefined if more than `bytes[start, end)` is needed to tell.
 * It may throw if no frame begins so.
 */
export type Measure = (bytes: Uint8Array, start: number, end: number) => number | undefined;

/** What does not tell its size by then is no frame. */
const LONGEST_HEAD = 1024;
const NOTHING = new Uint8Array(0);

/**
 * Follows the frames of one direction of a connection, and does to the next of them what has been asked for. Bytes of
 * other frames go on as they come; from the first byte on that begins no frame all do.
 */
export class FrameFaults {
  readonly #measure: Measure;
  readonly #trouble: Trouble;
  readonly #direction: Direction;
  readonly #out: (bytes: Uint8Array) => void;
  #isLost = false;
  /** Of the frame that has begun: what happens to it, its size if it is known, how much of it has come. */
  #waiting: Waiting | undefined;
  #size: number | undefined;
  #come = 0;
  /** All that has come of a frame whose size is not known. */
  #head: Uint8Array = NOTHING;
  /** All that has come of a frame to which something happens. */
  #held: Uint8Array[] = [];
  #overtaken: { readonly frame: Uint8Array; readonly met: () => void }[] = [];
  #patience: Subscription | undefined;
  #isImpatient = false;

  /** What `out` is given is lent, if it comes out of `take`. */
  constructor(measure: Measure, trouble: Trouble, direction: Direction, out: (bytes: Uint8Array) => void) {
    this.#measure = measure;
    this.#trouble = trouble;
    this.#direction = direction;
    this.#out = out;
  }

  take(bytes: Uint8Array): void {
    let from = 0;
    let at = 0;
    const passTo = (to: number): void => {
      if (from < to) this.#out(bytes.subarray(from, to));
      from = to;
    };
    while (at < bytes.length && !this.#isLost) {
      if (this.#come === 0) this.#waiting = this.#trouble.take(this.#direction);
      if (this.#waiting !== undefined) passTo(at);
      const end = this.#follow(bytes, at);
      if (this.#waiting !== undefined) {
        this.#held.push(bytes.slice(at, end));
        from = end;
      }
      at = end;
      if (this.#come === this.#size) {
        // What overtakes another frame must be out before that one.
        if (this.#overtaken.length > 0) passTo(at);
        this.#over();
      }
    }
    if (this.#isLost) this.#giveUp();
    passTo(bytes.length);
  }

  /** Nothing more comes: what is held back goes on. */
  end(): void {
    this.#giveUp();
  }

  /** What is held back goes on as soon as it can: a frame that has begun is not broken up. */
  release(): void {
    this.#patience?.unsubscribe();
    this.#patience = undefined;
    this.#isImpatient = this.#come > 0 && this.#waiting === undefined;
    if (this.#isImpatient) return;
    for (const { frame } of this.#overtaken.splice(0)) this.#out(frame);
  }

  forget(): void {
    this.#patience?.unsubscribe();
    this.#overtaken = [];
    this.#held = [];
  }

  /** Returns where what has come of the frame ends. */
  #follow(bytes: Uint8Array, at: number): number {
    if (this.#size === undefined) {
      const known = this.#come === 0 ? bytes.subarray(at) : joined([this.#head, bytes.subarray(at, at + LONGEST_HEAD)]);
      this.#size = this.#sizeOf(known);
      if (this.#size === undefined) {
        if (this.#isLost || known.length >= LONGEST_HEAD) {
          this.#isLost = true;
          return at;
        }
        this.#head = new Uint8Array(known);
        this.#come = known.length;
        return bytes.length;
      }
      this.#head = NOTHING;
    }
    const end = Math.min(bytes.length, at + this.#size - this.#come);
    this.#come += end - at;
    return end;
  }

  #sizeOf(known: Uint8Array): number | undefined {
    try {
      const size = this.#measure(known, 0, known.length);
      if (size === undefined || (Number.isInteger(size) && size > 0 && size >= this.#come)) return size;
    } catch {
      // No frame: what it is then, its receiver will say.
    }
    this.#isLost = true;
    return undefined;
  }

  /** A frame is complete. */
  #over(): void {
    const waiting = this.#waiting;
    const frame = joined(this.#held);
    this.#held = [];
    this.#waiting = this.#size = undefined;
    this.#come = 0;
    if (waiting === undefined) {
      if (this.#overtaken.length > 0) this.#overtake();
      return;
    }
    const { fault, met } = waiting;
    if (fault.kind === 'reorder') {
      this.#overtaken.push({ frame, met });
      this.#patience ??= clock.after(fault.withinMs, () => this.release());
    } else if (fault.kind === 'corrupt') this.#out(corrupted(fault, frame));
    else if (fault.kind === 'duplicate') {
      this.#out(frame);
      this.#out(frame);
    }
    if (this.#isImpatient) this.release();
  }

  /** A frame has passed those that wait for one. */
  #overtake(): void {
    for (const { met } of this.#overtaken) met();
    this.release();
  }

  /** Whatever comes now is not looked at. */
  #giveUp(): void {
    this.#isLost = true;
    const held = this.#waiting?.fault.kind === 'dropFrame' ? [] : this.#held;
    this.#held = [];
    this.#come = 0;
    this.#waiting = undefined;
    this.release();
    for (const bytes of held) this.#out(bytes);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
