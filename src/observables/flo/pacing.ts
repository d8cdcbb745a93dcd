/** Empty answers of a poll that come so soon did not wait. */
const EARLY_MS = 250;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * How long to pause after an empty answer to a poll that should have waited (flo.md 7.3). A server with too many
 * waiters answers at once: without a pause that would be a storm. The first early answer in a row is forgiven.
 */
export class Pacing {
  private early = 0;

  /** There was something. */
  reset(): void {
    this.early = 0;
  }

  /** There was nothing, after `elapsedMs` of at most `waitMs`; returns the pause in milliseconds. */
  empty(elapsedMs: number, waitMs: number): number {
    if (elapsedMs >= Math.min(EARLY_MS, waitMs / 2)) {
      this.early = 0;
      return 0;
    }
    this.early++;
    return this.early === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.early - 2));
  }
}
