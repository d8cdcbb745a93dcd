import type { TopicRef } from '../connection/topic-ref.js';
import { Remainder } from '../consuming/remainder.js';

/** Cuts what fetches bring into whole records, and keeps the beginning of one that is cut (lance.md 7.3). */
export class Pieces {
  private readonly rest: Remainder;

  constructor(maxRecordBytes: number, topic: TopicRef) {
    this.rest = new Remainder(0, maxRecordBytes, topic);
  }

  /** Where the first record starts that was not returned yet. */
  get position(): number {
    return this.rest.position;
  }

  /** Where the next fetch begins. */
  get nextStart(): number {
    return this.rest.position + this.rest.carry.length;
  }

  /** Whether the server has had data up to here. */
  get hasBeenThere(): boolean {
    return this.rest.hasBeenThere;
  }

  goTo(position: number): void {
    this.rest.goTo(position);
  }

  /** What comes next may be something else than the rest of the record that is carried: it is read from its beginning. */
  doubt(): void {
    this.rest.drop();
  }

  /** The data ends here. True if the record that is carried is to be read again, to be sure of it. Throws as {@link Remainder.ends}. */
  ends(): boolean {
    return this.rest.ends();
  }

  /** The whole records there are now; undefined if there is none. Throws if damage comes first. */
  add(bytes: Uint8Array): Uint8Array | undefined {
    const { carry } = this.rest;
    if (bytes.length < carry.lacking) {
      carry.append(bytes);
      return undefined;
    }
    const all = this.joined(bytes);
    carry.clear();
    const { index, isDamaged } = this.rest.wholeOf(all, 0, all.length);
    const { end } = index;
    // What follows damage is asked for again, and met again.
    if (!isDamaged) carry.begin(all.subarray(end));
    this.rest.position += end;
    return end === 0 ? undefined : all.subarray(0, end);
  }

  private joined(bytes: Uint8Array): Uint8Array {
    const { carry } = this.rest;
    if (carry.length === 0) return bytes;
    const all = new Uint8Array(carry.length + bytes.length);
    carry.copyTo(all, 0);
    all.set(bytes, carry.length);
    return all;
  }
}
