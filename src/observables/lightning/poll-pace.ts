import { clock } from '../../foundation/clock.js';

const SHORTEST_MS = 200;
const LONGEST_MS = 1_000;
const GROWTH = 1.5;

/** A poll that keeps the store busy for long is followed by a pause that many times as long, up to a limit. */
const LOAD_FACTOR = 10;
const LOAD_LIMIT_MS = 5_000;

/** How long to wait between polls: longer while nothing happens, longer where a poll is much work for the store. */
export class PollPace {
  #pauseMs = SHORTEST_MS;
  #startedMs = 0;

  /** `fixedMs`: always that. */
  constructor(private readonly fixedMs: number | undefined) {}

  started(): void {
    this.#startedMs = clock.now();
  }

  /** The pause after a poll that has just ended. */
  next(progress: boolean): number {
    if (this.fixedMs !== undefined) return this.fixedMs;
    const tookMs = clock.now() - this.#startedMs;
    const pauseMs = progress ? SHORTEST_MS : this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_MS, pauseMs * GROWTH);
    return Math.max(pauseMs, Math.min(LOAD_FACTOR * tookMs, LOAD_LIMIT_MS));
  }
}
