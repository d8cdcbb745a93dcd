import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import type { Parcel } from './parcel.js';
import { mostBytes } from './record-input.js';

/**
 * The parcel that records go into now, and how much of it they may take before anything else has to be thought of: of
 * millions of records that come one after the other, only few end a batch, or meet a limit.
 */
export class Room {
  private parcel: Parcel | undefined;
  private left = 0;
  /** Bytes that records have taken of it. */
  taken = 0;

  open(parcel: Parcel | undefined, bytes: number): void {
    this.parcel = parcel;
    this.left = bytes;
    this.taken = 0;
  }

  /** False, and nothing changes, if there is none for this record, or if that takes a closer look. */
  add(type: number, value: Uint8Array | string): boolean {
    const { parcel } = this;
    // Whoever gives the values may have made it leave meanwhile.
    if (parcel === undefined || parcel.due) return false;
    if (typeof value === 'string') return this.addText(parcel, type, value);
    const size = RECORD_HEADER_BYTES + value.length;
    if (size > this.left || !parcel.writer.append(type, value)) return false;
    this.took(size);
    return true;
  }

  private addText(parcel: Parcel, type: number, text: string): boolean {
    const before = parcel.bytes;
    if (RECORD_HEADER_BYTES + mostBytes(text) > this.left || !parcel.writer.appendText(type, text)) return false;
    this.took(parcel.bytes - before);
    return true;
  }

  private took(bytes: number): void {
    this.left -= bytes;
    this.taken += bytes;
  }
}
