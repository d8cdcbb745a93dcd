import { clock } from '../../foundation/clock.js';

/** The pause after a poll that brought something: longer for many ids, which are many bytes. */
const SHORTEST_MS = 200;
const PER_ID_MS = 0.5;
const SHORTEST_LIMIT_MS = 2_000;

/** How pauses grow while nothing happens. */
const GROWTH = 1.5;
const LONGEST_MS = 1_000;

/** A poll that keeps the store busy for long is followed by a pause that many times as long, up to a limit. */
const LOAD_FACTOR = 10;
const LOAD_LIMIT_MS = 5_000;

/** How long to wait between polls: longer while nothing happens, longer where a poll is much work for the store. */
export class PollPace {
  private grownMs = 0;
  private startedMs = 0;

  /** `fixedMs`: always that. */
  constructor(private readonly fixedMs: number | undefined) {}

  started(): void {
    this.startedMs = clock.now();
  }

  /** The pause after a poll that has just ended, with so many ids still open. */
  next(progress: boolean, open: number): number {
    if (this.fixedMs !== undefined) return this.fixedMs;
    const shortestMs = Math.min(SHORTEST_LIMIT_MS, Math.round(SHORTEST_MS + open * PER_ID_MS));
    const pauseMs = progress ? shortestMs : Math.max(shortestMs, this.grownMs);
    this.grownMs = Math.min(LONGEST_MS, pauseMs * GROWTH);
    const tookMs = clock.now() - this.startedMs;
    return Math.max(pauseMs, Math.min(LOAD_FACTOR * tookMs, LOAD_LIMIT_MS));
  }
}
