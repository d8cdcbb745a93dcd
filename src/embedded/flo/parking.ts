import { Heap, type Placed } from './heap.js';

/** A request that waits for something to happen at a spot: a key or a queue. */
export class Parked implements Placed {
  place = -1;
  readonly spot: string;
  /** Infinity for one that waits for ever. */
  readonly untilMs: number;
  /** Answers the request if it can be, else does nothing. Who is answered waits no longer. */
  readonly attempt: () => void;
  /** Its time is over: answers that there is nothing. */
  readonly giveUp: () => void;

  constructor(spot: string, untilMs: number, attempt: () => void, giveUp: () => void) {
    this.spot = spot;
    this.untilMs = untilMs;
    this.attempt = attempt;
    this.giveUp = giveUp;
  }
}

/**
 * Where requests wait. First come, first served at each spot. A request whose connection can't take an answer now is
 * passed over; its connection comes back to it.
 */
export class Parking {
  readonly #capacity: number;
  readonly #spots = new Map<string, Set<Parked>>();
  readonly #all = new Set<Parked>();
  readonly #deadlines = new Heap<Parked>((one, other) => one.untilMs < other.untilMs);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#all.size;
  }

  get full(): boolean {
    return this.#all.size >= this.#capacity;
  }

  /** When the first one has waited long enough; undefined if nobody's time ends. */
  get nextDeadlineMs(): number | undefined {
    return this.#deadlines.first?.untilMs;
  }

  add(parked: Parked): void {
    this.#all.add(parked);
    const spot = this.#spots.get(parked.spot);
    if (spot === undefined) this.#spots.set(parked.spot, new Set([parked]));
    else spot.add(parked);
    if (parked.untilMs < Number.POSITIVE_INFINITY) this.#deadlines.add(parked);
  }

  /** It waits no longer, without an answer. Safe to call twice. */
  remove(parked: Parked): void {
    if (!this.#all.delete(parked)) return;
    const spot = this.#spots.get(parked.spot);
    spot?.delete(parked);
    if (spot?.size === 0) this.#spots.delete(parked.spot);
    this.#deadlines.remove(parked);
  }

  /** Something has happened at a spot. */
  wake(spot: string): void {
    for (const parked of this.#spots.get(spot) ?? []) parked.attempt();
  }

  /** Sends away all whose time is over. */
  expire(nowMs: number): void {
    for (let first = this.#deadlines.first; first !== undefined && first.untilMs <= nowMs;) {
      this.remove(first);
      first.giveUp();
      first = this.#deadlines.first;
    }
  }
}
