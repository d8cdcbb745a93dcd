import { clock } from '../../../foundation/clock.js';
import type { ClosedSegment } from './topic-log.js';

/** A stretch of a topic in absolute positions, which never shift. */
export interface Segment {
  /** Rises by one from segment to segment, for good. */
  readonly number: number;
  readonly start: number;
  end: number;
  /** Milliseconds since the Unix epoch; undefined while it is written to. */
  closedAtMs: number | undefined;
}

/** How a topic is divided. Payloads are never divided: one that is larger than a segment is one. */
export class Segments {
  readonly #mostBytes: number;
  readonly #list: Segment[];
  #nextNumber: number;
  /** How many were closed so far. */
  closings = 0;

  /** `list` is what there is already, oldest first, and `nextNumber` is higher than any ever used. */
  constructor(mostBytes: number, list: readonly Segment[] = [], nextNumber = 1) {
    this.#mostBytes = mostBytes;
    this.#list = [...list];
    this.#nextNumber = nextNumber;
  }

  /** What is complete and not forgotten, `base` being the oldest position that is not. */
  closedFrom(base: number): ClosedSegment[] {
    const closed: ClosedSegment[] = [];
    for (const { start, end, closedAtMs } of this.#list) {
      if (closedAtMs !== undefined) closed.push({ bytes: end - Math.max(base, start), closedAtMs });
    }
    return closed;
  }

  /** The segment for `bytes` more at absolute position `at`: the last one, or a new one. They are not counted yet. */
  room(at: number, bytes: number): Segment {
    const last = this.#list[this.#list.length - 1];
    if (last !== undefined && last.closedAtMs === undefined) {
      const length = last.end - last.start;
      if (length === 0 || length + bytes <= this.#mostBytes) return last;
      this.#close(last);
    }
    const next = { number: this.#nextNumber++, start: at, end: at, closedAtMs: undefined };
    this.#list.push(next);
    return next;
  }

  /** Closes the one that is written to, if there is anything in it. */
  roll(): void {
    const last = this.#list.at(-1);
    if (last !== undefined && last.end > last.start && last.closedAtMs === undefined) this.#close(last);
  }

  /** Those that hold anything of `[from, to)`, oldest first. */
  *overlapping(from: number, to: number): Iterable<Segment> {
    for (let index = this.#find(from); index < this.#list.length; index++) {
      const segment = this.#list[index];
      if (segment === undefined || segment.start >= to) return;
      if (segment.end > from) yield segment;
    }
  }

  /** Forgets those that end at or before `position`, except for the one that is written to. Returns them. */
  dropBefore(position: number): Segment[] {
    let gone = 0;
    for (const { end, closedAtMs } of this.#list) {
      if (end > position || closedAtMs === undefined) break;
      gone++;
    }
    return this.#list.splice(0, gone);
  }

  /** Forgets those that begin at or behind `position`, and cuts the one before them. Returns those forgotten. */
  cutAt(position: number): Segment[] {
    let kept = this.#list.length;
    while (kept > 0 && (this.#list[kept - 1]?.start ?? 0) >= position) kept--;
    const gone = this.#list.splice(kept);
    const last = this.#list.at(-1);
    if (last !== undefined && last.end > position) last.end = position;
    return gone;
  }

  /** The oldest one. */
  get first(): Segment | undefined {
    return this.#list[0];
  }

  /** The newest one. */
  get last(): Segment | undefined {
    return this.#list.at(-1);
  }

  #close(segment: Segment): void {
    segment.closedAtMs = clock.date();
    this.closings++;
  }

  /** Where the last segment that begins at or before an absolute position stands. */
  #find(position: number): number {
    let low = 0;
    let high = this.#list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#list[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }
}
