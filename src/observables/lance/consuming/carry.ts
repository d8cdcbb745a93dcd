import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import { readU32 } from '../../../codecs/little-endian.js';

const NOTHING = new Uint8Array(0);

/** The beginning of a record that a fetch has cut, until the rest of it is here (lance.md 7.3). */
export class Carry {
  private memory: Uint8Array = NOTHING;
  private filled = 0;

  get length(): number {
    return this.filled;
  }

  /** What the record lacks: first the rest of its header, which says what else. */
  get lacking(): number {
    if (this.filled < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES - this.filled;
    return RECORD_HEADER_BYTES + readU32(this.memory, 1) - this.filled;
  }

  /** How many bytes its value has, once that is known. */
  get announced(): number | undefined {
    return this.filled < RECORD_HEADER_BYTES ? undefined : readU32(this.memory, 1);
  }

  clear(): void {
    this.memory = NOTHING;
    this.filled = 0;
  }

  /** Begins anew. A copy: a view would keep a whole fetch in memory. */
  begin(bytes: Uint8Array): void {
    this.clear();
    if (bytes.length > 0) this.append(bytes);
  }

  /**
   * Takes at most what the record lacks. Memory doubles, up to what the record needs: a record of many fetches is not
   * copied with each of them.
   */
  append(bytes: Uint8Array): void {
    const filled = this.filled + bytes.length;
    if (filled > this.memory.length) {
      const whole = this.filled + this.lacking;
      const larger = new Uint8Array(Math.max(filled, Math.min(this.memory.length * 2, whole)));
      larger.set(this.memory.subarray(0, this.filled));
      this.memory = larger;
    }
    this.memory.set(bytes, this.filled);
    this.filled = filled;
  }

  copyTo(target: Uint8Array, at: number): void {
    target.set(this.memory.subarray(0, this.filled), at);
  }
}
