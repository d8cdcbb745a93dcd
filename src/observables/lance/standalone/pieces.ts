import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { indexRecords } from '../../../codecs/lance/index-records.js';
import { Carry } from '../consuming/carry.js';
import { noRecordsAt } from '../consuming/truncated-error.js';

/** Cuts what fetches bring into whole records, and keeps the beginning of one that is cut (lance.md 7.3). */
export class Pieces {
  /** Where the first record starts that was not returned yet. */
  position = 0;
  /** Where reading began, or went on. */
  private resumedAt = 0;
  private readonly carry = new Carry();

  constructor(private readonly maxRecordBytes: number) {}

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
    this.carry.clear();
  }

  /** What comes next may be something else than the rest of the record that is carried: it is read from its beginning. */
  doubt(): void {
    this.carry.clear();
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
      // The middle of a record may pass for one or two: whatever is wrong in the first answer speaks against the place.
      if (this.position === this.resumedAt && this.position > 0) throw noRecordsAt(this.position, error);
      if (error.at > 0) return { end: error.at, isDamaged: true };
      const { position } = this;
      const context = { ...error.context, position };
      throw new InvalidRecordError(`at ${position}: ${error.message}`, error.at, { cause: error, context });
    }
  }
}
