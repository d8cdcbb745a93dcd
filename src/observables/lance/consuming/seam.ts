import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { indexRecords, type RecordIndex } from '../../../codecs/lance/index-records.js';
import { FETCH_HEAD_BYTES } from '../../../codecs/lance/replies.js';
import type { TopicRef } from '../connection/topic-ref.js';
import { Carry } from './carry.js';
import { HalfRecord } from './half-record.js';
import { endless, invalidAt } from './invalid-record.js';
import { noRecordsAt, type TruncatedError } from './truncated-error.js';

const NOTHING = new Uint8Array(0);

/** Whole records, in a buffer of their own. */
export interface Joined {
  readonly buffer: Uint8Array;
  readonly index: RecordIndex;
  /** Where the first record starts in the topic, and where the last one ends. */
  readonly position: number;
  readonly end: number;
  /** What follows is damage. It is to be asked for again, and met with nothing in front of it. */
  readonly isDamaged: boolean;
}

/** Makes whole records of answers that follow each other, whatever the fetches have cut (lance.md 7.3). */
export class Seam {
  /** How large carries have been lately. */
  usualCarry = 0;
  private readonly carry = new Carry();
  /** Where the carry, or else the next byte to arrive, lies in the topic. */
  private start: number;
  /** Where reading began, or went on. */
  private resumedAt: number;
  /** Where a record was read again that had no end. */
  private doubtedAt = -1;
  private readonly half = new HalfRecord();

  constructor(
    position: number,
    private readonly maxRecordBytes: number,
    private readonly topic: TopicRef,
  ) {
    this.start = position;
    this.resumedAt = position;
  }

  /** What is carried and lacks its end, in bytes. */
  get carried(): number {
    return this.carry.length;
  }

  /** How much the carried record lacks, as far as that is known. */
  get lacking(): number {
    return this.carry.lacking;
  }

  /** Goes on at the first record that was not whole, whose position is returned: its bytes have to come again. */
  resume(): number {
    this.carry.clear();
    this.half.forget();
    this.resumedAt = this.start;
    return this.start;
  }

  /**
   * Nothing has come behind what was joined: the data ends here. Returns from where to read again if that ought to be
   * looked at once more. Throws {@link InvalidRecordError}, or {@link TruncatedError} where reading was to go on, if the
   * carried record has no end.
   */
  ends(): number | undefined {
    if (this.carry.length === 0) return undefined;
    const verdict = this.half.endsAt(this.start);
    if (verdict === 'wait') return undefined;
    if (verdict === 'no record') throw this.blamed(endless(this.topic, this.start, this.carry));
    this.carry.clear();
    this.doubtedAt = this.start;
    return this.start;
  }

  /** In front of data that completes the carried record there is to be room for its beginning. */
  headroom(byteCount: number): number {
    return byteCount < this.carry.lacking ? 0 : Math.max(0, this.carry.length - FETCH_HEAD_BYTES);
  }

  /**
   * Takes the data of one answer, `buffer[from, end)` behind its headroom, and returns the records that are whole now, if
   * there are any. Throws {@link InvalidRecordError}, and {@link TruncatedError} where reading was to go on.
   */
  join(buffer: Uint8Array, from: number, end: number): Joined | undefined {
    if (end - from < this.carry.lacking) {
      this.carry.append(buffer.subarray(from, end));
      return undefined;
    }
    const first = from - this.carry.length;
    this.carry.copyTo(buffer, first);
    const { index, isDamaged } = this.index(buffer, first, end);
    const position = this.start;
    this.carry.begin(isDamaged ? NOTHING : buffer.subarray(index.end, end));
    this.usualCarry = Math.max(this.carry.length, this.usualCarry - (this.usualCarry >> 4));
    this.start = position + (index.end - first);
    if (index.count === 0) return undefined;
    const whole = compact(buffer, index, first, end);
    // Property by property: a spread with more behind it makes V8 (as of Node 20) a new hidden class each time, which is
    // hundreds of bytes in the old space per fetch, and every read of such an object slow.
    return { buffer: whole.buffer, index: whole.index, position, end: this.start, isDamaged };
  }

  /** Takes what is whole in front of damage for itself. */
  private index(buffer: Uint8Array, first: number, end: number): Pick<Joined, 'index' | 'isDamaged'> {
    try {
      return { index: indexRecords(buffer, first, end, this.maxRecordBytes), isDamaged: false };
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      const invalid = invalidAt(this.topic, this.start + error.at - first, error);
      if (this.start === this.doubtedAt) throw noRecordsAt(this.topic, this.start, invalid);
      const blamed = this.blamed(invalid);
      if (blamed !== invalid || error.at === first) throw blamed;
      return { index: indexRecords(buffer, first, error.at, this.maxRecordBytes), isDamaged: true };
    }
  }

  /** The middle of a record may pass for one or two: whatever is wrong in the first answer speaks against the place. */
  private blamed(error: InvalidRecordError): InvalidRecordError | TruncatedError {
    const isLost = this.start === this.resumedAt && this.start > 0;
    return isLost ? noRecordsAt(this.topic, this.start, error) : error;
  }
}

/**
 * What is behind the whole records is the beginning of a record that the fetch has cut, and kept in memory with them.
 * Where it is the larger part, they are copied out: otherwise a few bytes in the window could stand for a whole fetch.
 */
function compact(buffer: Uint8Array, index: RecordIndex, first: number, end: number): Pick<Joined, 'buffer' | 'index'> {
  const size = index.end - first;
  if (size * 2 >= end - first) return { buffer, index };
  const small = new Uint8Array(size);
  small.set(buffer.subarray(first, index.end));
  return { buffer: small, index: { ...index, offsets: index.offsets.map((at) => at - first), end: size } };
}
