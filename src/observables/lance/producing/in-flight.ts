import type { Parcel } from './parcel.js';
import type { ProducerPlan } from './producer-options.js';

/**
 * The parcels that are sent and not answered, and how many more there may be. One that has failed meanwhile stays among
 * them: the server still has it to answer, and its memory is still held.
 */
export class InFlight {
  /** Answers come in this order, mostly; a set costs more than the few that there are. */
  private readonly parcels: Parcel[] = [];
  private bytes = 0;
  /** How many parcels have ever been sent, those sent again included. */
  sendings = 0;

  constructor(private readonly plan: ProducerPlan) {}

  get size(): number {
    return this.parcels.length;
  }

  [Symbol.iterator](): Iterator<Parcel> {
    return this.parcels[Symbol.iterator]();
  }

  get unsettled(): Parcel[] {
    return this.parcels.filter(({ settled }) => !settled);
  }

  /** Whether there may be one more. */
  hasRoom(isSlowed: boolean): boolean {
    const { size } = this;
    if (size >= this.plan.maxPendingAcks) return false;
    // With nothing in flight no ack would ever end the slowing down: one parcel may go.
    if (isSlowed) return this.unsettled.length === 0;
    return size < 2 || this.bytes < this.plan.pipelineBytes;
  }

  /** Which sending was the last one before the oldest that is not settled. */
  get settledUpTo(): number {
    for (const { settled, sending } of this.parcels) if (!settled) return sending - 1;
    return this.sendings;
  }

  add(parcel: Parcel): void {
    parcel.sending = ++this.sendings;
    parcel.sent++;
    this.parcels.push(parcel);
    this.bytes += parcel.bytes;
  }

  /** False if it was not in flight. */
  remove(parcel: Parcel): boolean {
    const at = this.parcels.indexOf(parcel);
    if (at < 0) return false;
    if (at === 0) this.parcels.shift();
    else this.parcels.splice(at, 1);
    this.bytes -= parcel.bytes;
    return true;
  }

  clear(): void {
    this.parcels.length = 0;
    this.bytes = 0;
  }
}
