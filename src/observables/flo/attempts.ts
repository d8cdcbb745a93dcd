/** More messages than this are not remembered. */
const REMEMBERED = 1_024;

/**
 * How often messages were handed out here, for servers that don't say it with each. Only those that may come again are
 * remembered, and of those the latest.
 */
export class Attempts {
  private readonly tries = new Map<bigint, number>();

  /** It comes; returns the how-manieth time that is, at least what the server says. */
  next(seq: bigint, deliveryCount = 1): number {
    return Math.max(deliveryCount, (this.tries.get(seq) ?? 0) + 1);
  }

  /** It may come again. */
  remember(seq: bigint, attempt: number): void {
    this.tries.delete(seq);
    this.tries.set(seq, attempt);
    if (this.tries.size <= REMEMBERED) return;
    for (const oldest of this.tries.keys()) {
      this.tries.delete(oldest);
      break;
    }
  }

  /** It will not come again. */
  forget(seq: bigint): void {
    this.tries.delete(seq);
  }
}
