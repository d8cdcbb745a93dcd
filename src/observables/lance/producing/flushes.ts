import { tellOwner } from '../../../transports/owner.js';
import type { Parcel } from './parcel.js';

interface Flush {
  readonly left: Set<Parcel>;
  readonly then: () => void;
}

/** Those who wait until all that was there when they asked is settled. */
export class Flushes {
  private readonly waiting = new Set<Flush>();

  /** The returned function calls it off. */
  add(parcels: readonly Parcel[], then: () => void): () => void {
    const flush = { left: new Set(parcels), then };
    this.waiting.add(flush);
    return () => this.waiting.delete(flush);
  }

  settled(parcel: Parcel): void {
    if (this.waiting.size === 0) return;
    for (const flush of [...this.waiting]) {
      flush.left.delete(parcel);
      if (flush.left.size > 0 || !this.waiting.delete(flush)) continue;
      tellOwner(flush.then);
    }
  }
}
