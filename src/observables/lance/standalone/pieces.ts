import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { indexRecords } from '../../../codecs/lance/index-records.js';
import type { TopicRef } from '../connection/topic-ref.js';
import { Carry } from '../consuming/carry.js';
import { HalfRecord } from '../consuming/half-record.js';
import { endless, invalidAt } from '../consuming/invalid-record.js';
import { noRecordsAt, type TruncatedError } from '../consuming/truncated-error.js';

/** Cuts what fetches bring into whole records, and keeps the beginning of one that is cut (lance.md 7.3). */
export class Pieces {
  /** Where the first record starts that was not returned yet. */
  position = 0;
  /** Where reading began, or went on. */
  private resumedAt = 0;
  private readonly carry = new Carry();

  /** Where a record was read again that had no end. */
  private doubtedAt = -1;
  private readonly half = new HalfRecord();

  constructor(
    private readonly maxRecordBytes: number,
    private readonly topic: TopicRef,
  ) {}

  /** Where the next fetch begins. */
  get nextStart(): number {
    return this.position + this.carry.length;
  }

  /** Whether the server has had data up to here. */
  get hasBeenThere(): boolean {
    return this.position > this.resumedAt;
  }

  goTo(position: number): void {
    this.position = position;
    this.resumedAt = position;
    this.doubtedAt = -1;
    this.doubt();
  }

  /** What comes next may be something else than the rest of the record that is carried: it is read from its beginning. */
  doubt(): void {
    this.carry.clear();
    this.half.forget();
  }

  /**
   * The data ends here. True if the record that is carried is to be read again, to be sure of it. Throws
   * {@link InvalidRecordError}, or {@link TruncatedError} where reading began or went on, if it has no end.
   */
  ends(): boolean {
    if (this.carry.length === 0) return false;
    const verdict = this.half.endsAt(this.position);
    if (verdict === 'no record') throw this.blamed(endless(this.topic, this.position, this.carry));
    if (verdict === 'wait') return false;
    this.carry.clear();
    this.doubtedAt = this.position;
    return true;
  }

  /** The whole records there are now; undefined if there is none. Throws if damage comes first. */
  add(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < this.carry.lacking) {
      this.carry.append(bytes);
      return undefined;
    }
    const all = this.joined(bytes);
    this.carry.clear();
    const { end, isDamaged } = this.whole(all);
    // What follows damage is asked for again, and met again.
    if (!isDamaged) this.carry.begin(all.subarray(end));
    this.position += end;
    return end === 0 ? undefined : all.subarray(0, end);
  }

  private joined(bytes: Uint8Array): Uint8Array {
    if (this.carry.length === 0) return bytes;
    const all = new Uint8Array(this.carry.length + bytes.length);
    this.carry.copyTo(all, 0);
    all.set(bytes, this.carry.length);
    return all;
  }

  private whole(bytes: Uint8Array): { readonly end: number; readonly isDamaged: boolean } {
    try {
      return { end: indexRecords(bytes, 0, bytes.length, this.maxRecordBytes).end, isDamaged: false };
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      const { position, topic } = this;
      const invalid = invalidAt(topic, position + error.at, error);
      if (position === this.doubtedAt) throw noRecordsAt(topic, position, invalid);
      const blamed = this.blamed(invalid);
      if (blamed === invalid && error.at > 0) return { end: error.at, isDamaged: true };
      throw blamed;
    }
  }

  /** The middle of a record may pass for one or two: whatever is wrong in the first answer speaks against the place. */
  private blamed(error: InvalidRecordError): InvalidRecordError | TruncatedError {
    const isLost = this.position === this.resumedAt && this.position > 0;
    return isLost ? noRecordsAt(this.topic, this.position, error) : error;
  }
}
