import { ServerCatchingUpError } from '../../../codecs/lance/errors.js';

/** So many answers without progress, and the reader is told (lance.md 7.10). */
const PATIENCE = 3;

/** Counts how often in a row the server said that it has less than was asked for, and no more than before. */
export class Stagnation {
  private answers = 0;
  private endedAt = -1n;

  /** Returns the error when there were enough, and begins anew. */
  seen(serverOffset: bigint, requestedOffset: number): ServerCatchingUpError | undefined {
    this.answers = serverOffset === this.endedAt ? this.answers + 1 : 1;
    this.endedAt = serverOffset;
    if (this.answers < PATIENCE) return undefined;
    this.over();
    return new ServerCatchingUpError(serverOffset, { context: { requestedOffset } });
  }

  over(): void {
    this.answers = 0;
    this.endedAt = -1n;
  }
}
