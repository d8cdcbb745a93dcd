import type { RecordIndex } from '../../../codecs/lance/index-records.js';
import { FETCH_HEAD_BYTES } from '../../../codecs/lance/replies.js';
import type { TopicRef } from '../connection/topic-ref.js';
import { Remainder, type Whole } from './remainder.js';

const NOTHING = new Uint8Array(0);

/** Whole records, in a buffer of their own. */
export interface Joined extends Whole {
  readonly buffer: Uint8Array;
  /** Where the first record starts in the topic, and where the last one ends. */
  readonly position: number;
  readonly end: number;
}

/** Makes whole records of answers that follow each other, whatever the fetches have cut (lance.md 7.3). */
export class Seam {
  /** How large carries have been lately. */
  usualCarry = 0;
  private readonly rest: Remainder;

  constructor(position: number, maxRecordBytes: number, topic: TopicRef) {
    this.rest = new Remainder(position, maxRecordBytes, topic);
  }

  /** What is carried and lacks its end, in bytes. */
  get carried(): number {
    return this.rest.carry.length;
  }

  /** How much the carried record lacks, as far as that is known. */
  get lacking(): number {
    return this.rest.carry.lacking;
  }

  /** Goes on at the first record that was not whole, whose position is returned: its bytes have to come again. */
  resume(): number {
    this.rest.resume();
    return this.rest.position;
  }

  /**
   * Nothing has come behind what was joined: the data ends here. Returns from where to read again if that ought to be
   * looked at once more. Throws as {@link Remainder.ends} does.
   */
  ends(): number | undefined {
    return this.rest.ends() ? this.rest.position : undefined;
  }

  /** In front of data that completes the carried record there is to be room for its beginning. */
  headroom(byteCount: number): number {
    const { carry } = this.rest;
    return byteCount < carry.lacking ? 0 : Math.max(0, carry.length - FETCH_HEAD_BYTES);
  }

  /**
   * Takes the data of one answer, `buffer[from, end)` behind its headroom, and returns the records that are whole now, if
   * there are any. Throws as {@link Remainder.wholeOf} does.
   */
  join(buffer: Uint8Array, from: number, end: number): Joined | undefined {
    const { rest } = this;
    const { carry, position } = rest;
    if (end - from < carry.lacking) {
      carry.append(buffer.subarray(from, end));
      return undefined;
    }
    const first = from - carry.length;
    carry.copyTo(buffer, first);
    const { index, isDamaged } = rest.wholeOf(buffer, first, end);
    carry.begin(isDamaged ? NOTHING : buffer.subarray(index.end, end));
    this.usualCarry = Math.max(carry.length, this.usualCarry - (this.usualCarry >> 4));
    rest.position += index.end - first;
    if (index.count === 0) return undefined;
    const whole = compact(buffer, index, first, end);
    // Property by property: a spread with more behind it makes V8 (as of Node 20) a new hidden class each time, which is
    // hundreds of bytes in the old space per fetch, and every read of such an object slow.
    return { buffer: whole.buffer, index: whole.index, position, end: rest.position, isDamaged };
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
