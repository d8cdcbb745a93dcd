import type { Subscription } from 'rxjs';
import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import { clock } from '../../../foundation/clock.js';
import type { BatchSize } from './batch-size.js';
import { Parcel, type ParcelOwner } from './parcel.js';
import type { ProducerPlan } from './producer-options.js';
import { valueBytes, type RecordParts } from './record-input.js';
import type { Room } from './room.js';
import { SpareWriters } from './spare-writers.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** Whom records are packed for. */
export interface PackingOwner extends ParcelOwner {
  /** A new parcel. */
  begun(parcel: Parcel): void;
  /** A parcel has waited long enough. */
  due(): void;
}

/** Records become parcels: one per topic takes records, until it is full, closed, or sent. */
export class Packing {
  /** The one that took a record last, if it is open: mostly the next record goes there too. */
  private latest: Parcel | undefined;
  /** Open ones that were the latest before: with one topic none ever gets here, which for a lone record is to be felt. */
  private readonly earlier = new Map<TopicRef, Parcel>();
  private readonly lingering = new Map<Parcel, Subscription>();
  private readonly spare: SpareWriters;
  private lastId = 0;
  /** Bytes that the last record takes. */
  added = 0;

  constructor(
    private readonly plan: ProducerPlan,
    private readonly size: BatchSize,
    private readonly owner: PackingOwner,
  ) {
    this.spare = new SpareWriters(size);
  }

  /** Makes `room` that of the parcel which took the last record, if `topic` goes there: less than fills it, in `free` bytes. */
  open(room: Room, topic: TopicRef, free: number): void {
    const { latest } = this;
    if (latest === undefined || latest.topic !== topic) room.open(undefined, 0);
    else room.open(latest, Math.min(free, latest.writer.maxBytes - latest.bytes - 1));
  }

  /** Returns the parcel that the record went into. */
  add(topic: TopicRef, type: number, value: Uint8Array | string): Parcel {
    let parcel = this.openFor(topic);
    let before = 0;
    if (parcel !== undefined) {
      before = parcel.bytes;
      if (!parcel.append(type, value)) {
        this.close(parcel);
        parcel = undefined;
        before = 0;
      }
    }
    if (parcel === undefined) {
      parcel = this.begin(topic, RECORD_HEADER_BYTES + valueBytes(value), true);
      parcel.append(type, value);
    }
    const { bytes } = parcel;
    this.added = bytes - before;
    if (bytes >= parcel.writer.maxBytes) this.close(parcel);
    return parcel;
  }

  /** These records share a parcel with no others. */
  addTogether(topic: TopicRef, records: readonly RecordParts[], bytes: number): Parcel {
    const previous = this.openFor(topic);
    if (previous !== undefined) this.close(previous);
    const parcel = this.begin(topic, bytes, false);
    for (const { type, value } of records) parcel.append(type, value);
    this.close(parcel);
    return parcel;
  }

  /** No more records for this one: it is due. */
  close(parcel: Parcel): void {
    parcel.due = true;
    if (this.lingering.size > 0) {
      this.lingering.get(parcel)?.unsubscribe();
      this.lingering.delete(parcel);
    }
    if (this.latest === parcel) this.latest = undefined;
    if (this.earlier.get(parcel.topic) === parcel) this.earlier.delete(parcel.topic);
  }

  /** The parcel is settled; its memory may be filled again if its only frame has left the socket for good. */
  reuse({ writer, sent }: Parcel): void {
    if (sent === 1) this.spare.keep(writer);
  }

  stop(): void {
    this.latest = undefined;
    for (const timer of this.lingering.values()) timer.unsubscribe();
    this.lingering.clear();
  }

  /** The open parcel for this topic, which is the latest from now on. */
  private openFor(topic: TopicRef): Parcel | undefined {
    const { latest } = this;
    if (latest?.topic === topic) return latest;
    if (latest !== undefined) this.earlier.set(latest.topic, latest);
    this.latest = this.earlier.get(topic);
    return this.latest;
  }

  private begin(topic: TopicRef, size: number, open: boolean): Parcel {
    const { batching, lingerMs } = this.plan;
    const parcel = new Parcel(++this.lastId, topic, this.spare.take(size, open), clock.now(), this.owner);
    this.latest = parcel;
    if (lingerMs === 0 && batching === 'self-clocked') parcel.due = true;
    else if (lingerMs !== undefined) {
      const ripe = (): void => {
        // Self-clocked, it goes on growing until it leaves.
        if (batching === 'linger') this.close(parcel);
        else parcel.due = true;
        this.owner.due();
      };
      this.lingering.set(parcel, clock.after(lingerMs, ripe));
    }
    this.owner.begun(parcel);
    return parcel;
  }
}
