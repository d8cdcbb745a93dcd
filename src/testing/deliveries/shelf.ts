import type { Item, Timetable } from './timetable.js';

/** An item on its way to a subscriber. */
export interface Parcel<T> {
  readonly item: Item<T>;
  /** How often it has been delivered, this time included. */
  readonly attempt: number;
  /** How often the server has handed it out, this time included: it knows nothing of those that were kept by its client. */
  readonly handedOut: number;
}

/** What a server has, and when: it looks at the time it is told, and needs no timer of its own. */
export abstract class Shelf<T> {
  private failures = 0;
  /** The next that has not been taken, unless something came back. */
  protected next = 0;
  protected nowMs = Number.NEGATIVE_INFINITY;

  constructor(protected readonly timetable: Timetable<T>) {}

  /** A session begins; it does not break for what happened while there was none. */
  begin(nowMs: number): void {
    this.nowMs = nowMs;
    while ((this.failureMs ?? nowMs) < nowMs) this.failures++;
  }

  /** The time is `nowMs`; true if a session breaks now. */
  advance(nowMs: number): boolean {
    this.nowMs = nowMs;
    const before = this.failures;
    while ((this.failureMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.failures++;
    return this.failures > before;
  }

  /** What is here and first in line. */
  peek(): Parcel<T> | undefined {
    const item = this.timetable.items[this.next];
    return item !== undefined && item.atMs <= this.nowMs ? { item, attempt: 1, handedOut: 1 } : undefined;
  }

  /** Takes what {@link peek} has shown. */
  take(): void {
    this.next++;
  }

  /** Nothing is left, and nothing will come. */
  get isEmpty(): boolean {
    return this.hasEnded && this.peek() === undefined;
  }

  /** When something happens next. */
  get nextMs(): number | undefined {
    const { items, endMs } = this.timetable;
    const itemMs = items.find(({ atMs }) => atMs > this.nowMs)?.atMs;
    const moments = [itemMs, this.failureMs, this.hasEnded ? undefined : endMs].filter((atMs) => atMs !== undefined);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** When a session breaks next. */
  get failureMs(): number | undefined {
    return this.timetable.failuresMs[this.failures];
  }

  private get hasEnded(): boolean {
    return this.timetable.endMs !== undefined && this.timetable.endMs <= this.nowMs;
  }
}

/** A log keeps everything; each session reads on from somewhere. */
export class LogShelf<T> extends Shelf<T> {
  get position(): number {
    return this.next;
  }

  goTo(position: number): void {
    this.next = position;
  }
}

/** A parcel that a queue has again, from a moment on. */
interface Returned<T> {
  readonly parcel: Parcel<T>;
  readonly fromMs: number;
}

/** A queue loses what is taken, unless it comes back: that is first in line again. */
export class QueueShelf<T> extends Shelf<T> {
  /** The session that is open, if one is. */
  reader: { wake(): void } | undefined = undefined;
  private readonly back: Returned<T>[] = [];

  /** It comes back, at once or when its lease is over. */
  giveBack(parcel: Parcel<T>, fromMs = Number.NEGATIVE_INFINITY): void {
    this.back.push({ parcel, fromMs });
    this.back.sort((one, other) => one.parcel.item.position - other.parcel.item.position);
    this.reader?.wake();
  }

  override peek(): Parcel<T> | undefined {
    return this.back[this.present]?.parcel ?? super.peek();
  }

  override take(): void {
    const { present } = this;
    if (present < 0) super.take();
    else this.back.splice(present, 1);
  }

  override get isEmpty(): boolean {
    return super.isEmpty && this.back.length === 0;
  }

  override get nextMs(): number | undefined {
    const later = this.back.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs > this.nowMs);
    const next = Math.min(super.nextMs ?? Number.POSITIVE_INFINITY, ...later);
    return Number.isFinite(next) ? next : undefined;
  }

  /** Which of those that came back is first in line; -1 if none is. */
  private get present(): number {
    return this.back.findIndex(({ fromMs }) => fromMs <= this.nowMs);
  }
}
