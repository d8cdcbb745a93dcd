/** Counts how often a server has said that its data ends at the same place, before what was asked for (lance.md 7.10). */
export class Patience {
  private stagnant = 0;
  private behindAt = -1n;

  constructor(private readonly attempts: number) {}

  /** One more such answer; false when there have been enough. */
  bears(serverOffset: bigint): boolean {
    this.stagnant = serverOffset === this.behindAt ? this.stagnant + 1 : 1;
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
