/**
 * Counts how often a server has said that its data ends before what was asked for (lance.md 7.10). One that is catching
 * up is given more time with each step; one that has had the data before is not: it has lost it.
 */
export class Patience {
  private stagnant = 0;
  private behindAt = -1n;

  constructor(private readonly attempts: number) {}

  /** One more such answer; false when there have been enough. */
  bears(serverOffset: bigint, hadItBefore: boolean): boolean {
    this.stagnant = hadItBefore || serverOffset === this.behindAt ? this.stagnant + 1 : 1;
    this.behindAt = serverOffset;
    return this.stagnant < this.attempts;
  }

  /** The server has what was asked for; true if it had not before. */
  rewarded(): boolean {
    if (this.stagnant === 0) return false;
    this.stagnant = 0;
    return true;
  }
}
