import type { Parcel } from './parcel.js';
import type { ProducerPlan } from './producer-options.js';

/** The parcels that are sent and not settled, and how many more there may be. */
export class InFlight {
  private readonly parcels = new Set<Parcel>();
  private bytes = 0;
  /** How many parcels have ever been sent, those sent again included. */
  sendings = 0;

  constructor(private readonly plan: ProducerPlan) {}

  get size(): number {
    return this.parcels.size;
  }

  [Symbol.iterator](): Iterator<Parcel> {
    return this.parcels.values();
  }

  /** Whether there may be one more. */
  hasRoom(isSlowed: boolean): boolean {
    const { size } = this.parcels;
    // With nothing in flight no ack would ever end the slowing down: one parcel may go.
    if (isSlowed) return size === 0;
    if (size >= this.plan.maxPendingAcks) return false;
    return size < 2 || this.bytes < this.plan.pipelineBytes;
  }

  /** Which sending was the last one before the oldest that is not settled. */
  get settledUpTo(): number {
    const [oldest] = this.parcels;
    return oldest === undefined ? this.sendings : oldest.sending - 1;
  }

  add(parcel: Parcel): void {
    parcel.sending = ++this.sendings;
    parcel.sent++;
    this.parcels.add(parcel);
    this.bytes += parcel.bytes;
  }

  /** False if it was not in flight. */
  remove(parcel: Parcel): boolean {
    if (!this.parcels.delete(parcel)) return false;
    this.bytes -= parcel.bytes;
    return true;
  }

  clear(): void {
    this.parcels.clear();
    this.bytes = 0;
  }
}
