import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { indexRecords } from '../../../codecs/lance/index-records.js';
import { Carry } from '../consuming/carry.js';

/** Cuts what fetches bring into whole records, and keeps the beginning of one that is cut (lance.md 7.3). */
export class Pieces {
  /** Where the first record starts that was not returned yet. */
  position = 0;
  private readonly carry = new Carry();

  constructor(private readonly maxRecordBytes: number) {}

  /** Where the next fetch begins. */
  get nextStart(): number {
    return this.position + this.carry.length;
  }

  /** How much of a record has come already. */
  get carried(): number {
    return this.carry.length;
  }

  goTo(position: number): void {
    this.position = position;
    this.carry.clear();
  }

  /** The whole records there are now; undefined if there is none. Throws {@link InvalidRecordError} if damage comes first. */
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
      if (error.at > 0) return { end: error.at, isDamaged: true };
      const { position } = this;
      const context = { ...error.context, position };
      throw new InvalidRecordError(`at ${position}: ${error.message}`, error.at, { cause: error, context });
    }
  }
}
