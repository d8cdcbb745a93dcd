import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { indexRecords, type RecordIndex } from '../../../codecs/lance/index-records.js';
import type { TopicRef } from '../connection/topic-ref.js';
import { Carry } from './carry.js';
import { HalfRecord } from './half-record.js';
import { endless, invalidAt } from './invalid-record.js';
import { noRecordsAt, type TruncatedError } from './truncated-error.js';

/** The records that are whole. */
export interface Whole {
  readonly index: RecordIndex;
  /** What follows is damage. It is to be asked for again, and met with nothing in front of it. */
  readonly isDamaged: boolean;
}

/** What lies behind the last whole record: where that is in the topic, what of it is here, and what is known of the place. */
export class Remainder {
  readonly carry = new Carry();
  /** Where reading began, or went on. */
  private resumedAt: number;
  /** Where a record was read again that had no end. */
  private doubtedAt = -1;
  private readonly half = new HalfRecord();

  /** @param position Where it begins: where the carry, or else the next byte to arrive, lies in the topic. */
  constructor(
    public position: number,
    private readonly maxRecordBytes: number,
    private readonly topic: TopicRef,
  ) {
    this.resumedAt = position;
  }

  /** Whether the server has had data up to here. */
  get hasBeenThere(): boolean {
    return this.position > this.resumedAt;
  }

  /** Reading goes on elsewhere. */
  goTo(position: number): void {
    this.position = position;
    this.doubtedAt = -1;
    this.resume();
  }

  /** Reading goes on here, where nothing is known any more to be the boundary of a record. */
  resume(): void {
    this.resumedAt = this.position;
    this.drop();
  }

  /** What comes next may be something else than the rest of the record that is carried: it is read from its beginning. */
  drop(): void {
    this.carry.clear();
    this.half.forget();
  }

  /**
   * The data ends here. True if the record that is carried was dropped, to be read again and looked at once more. Throws
   * {@link InvalidRecordError}, or {@link TruncatedError} where reading began or went on, if it has no end.
   */
  ends(): boolean {
    if (this.carry.length === 0) return false;
    const verdict = this.half.endsAt(this.position);
    if (verdict === 'wait') return false;
    if (verdict === 'no record') throw this.blamed(endless(this.topic, this.position, this.carry));
    this.carry.clear();
    this.doubtedAt = this.position;
    return true;
  }

  /** Looks for records in `buffer[first, end)`, which begins here. Throws as {@link ends} does if damage comes first. */
  wholeOf(buffer: Uint8Array, first: number, end: number): Whole {
    try {
      return { index: indexRecords(buffer, first, end, this.maxRecordBytes), isDamaged: false };
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      const { topic, position } = this;
      const invalid = invalidAt(topic, position + error.at - first, error);
      if (position === this.doubtedAt) throw noRecordsAt(topic, position, invalid);
      const blamed = this.blamed(invalid);
      if (blamed !== invalid || error.at === first) throw blamed;
      return { index: indexRecords(buffer, first, error.at, this.maxRecordBytes), isDamaged: true };
    }
  }

  /** The middle of a record may pass for one or two: whatever is wrong in the first answer speaks against the place. */
  private blamed(error: InvalidRecordError): InvalidRecordError | TruncatedError {
    const isLost = !this.hasBeenThere && this.position > 0;
    return isLost ? noRecordsAt(this.topic, this.position, error) : error;
  }
}
