import { existsSync, readFileSync } from 'node:fs';
import { crc32 } from '../../../codecs/checksum/crc32.js';
import { readBigU64, readU32, writeU32, writeU64 } from '../../../codecs/little-endian.js';
import { onDisk, type OpenFiles } from './files.js';

/** "Up to here everything may be acknowledged." */
export interface End {
  readonly segment: number;
  /** Where the data begins, in the segment's file, that `dataCrc` is of. */
  readonly from: number;
  readonly end: number;
  readonly dataCrc: number;
}

/** An {@link End} read back. */
export interface NotedEnd extends End {
  readonly sequence: number;
}

const SLOT_BYTES = 40;
/** More than one, so that a torn write costs one end only. */
const SLOTS = 64;
const CRC_AT = SLOT_BYTES - 4;

/**
 * Where a topic's valid data ends, noted before an acknowledgement leaves: a ring of slots, each with a checksum of its
 * own and one of the data that came since the slot before.
 */
export class EndsJournal {
  readonly #files: OpenFiles;
  readonly path: string;
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #sequence: number;

  /** `lastSequence` is the highest one in the file. */
  constructor(files: OpenFiles, path: string, lastSequence = 0) {
    this.#files = files;
    this.path = path;
    this.#sequence = lastSequence;
  }

  note({ segment, from, end, dataCrc }: End): void {
    const slot = this.#slot;
    const sequence = this.#sequence + 1;
    writeU64(slot, 0, sequence);
    writeU64(slot, 8, from);
    writeU64(slot, 16, end);
    writeU32(slot, 24, segment);
    writeU32(slot, 28, dataCrc);
    writeU32(slot, CRC_AT, crc32(slot.subarray(0, CRC_AT)));
    this.#files.write(this.path, slot, (sequence % SLOTS) * SLOT_BYTES);
    this.#sequence = sequence;
  }

  /** What a file says that is whole, newest first. */
  static read(path: string): NotedEnd[] {
    const bytes = onDisk(path, () => (existsSync(path) ? readFileSync(path) : new Uint8Array(0)));
    const ends: NotedEnd[] = [];
    for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
      const slot = bytes.subarray(at, at + SLOT_BYTES);
      const sequence = Number(readBigU64(slot, 0));
      if (sequence === 0 || readU32(slot, CRC_AT) !== crc32(slot.subarray(0, CRC_AT))) continue;
      ends.push({
        sequence,
        from: Number(readBigU64(slot, 8)),
        end: Number(readBigU64(slot, 16)),
        segment: readU32(slot, 24),
        dataCrc: readU32(slot, 28),
      });
    }
    return ends.sort((a, b) => b.sequence - a.sequence);
  }
}
