import { readU32 } from '../little-endian.js';
import { InvalidRecordError } from './errors.js';
import { RECORD_HEADER_BYTES } from './record-type.js';

/** Where the whole records of a piece of a topic are. */
export interface RecordIndex {
  /** Where each record starts, and as a last entry where the last one ends: `count + 1` entries. */
  readonly offsets: Uint32Array;
  readonly count: number;
  /** The end of the last whole record; from here on the bytes are the beginning of a record that is cut. */
  readonly end: number;
}

const FIRST_SCRATCH = 16 * 1024;
/** A larger scratch is not kept: it takes 4 bytes per entry. */
const KEPT_SCRATCH = 1024 * 1024;

let scratch = new Uint32Array(FIRST_SCRATCH);

/**
 * Finds the whole records in `bytes[start, end)`, checking bounds once for all later reads. Stops at a record that is
 * cut. Throws {@link InvalidRecordError} if one announces more than `maxRecordBytes` (at most 2^31 - 1) for its value;
 * what is before its `at` is whole and can be indexed by itself.
 */
export function indexRecords(bytes: Uint8Array, start: number, end: number, maxRecordBytes: number): RecordIndex {
  if (start < 0 || end > bytes.length || start > end) {
    throw new RangeError(`no range of ${bytes.length}: ${start}, ${end}`);
  }
  // One load for four bytes: a third less time per record.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = RECORD_HEADER_BYTES;
  const lastHeader = end - header;
  let found = scratch;
  // One entry is left for the end.
  let room = found.length - 1;
  let count = 0;
  let at = start;
  while (at <= lastHeader) {
    // As i32: what is negative is above any maximum.
    const length = view.getInt32(at + 1, true);
    if (length < 0 || length > maxRecordBytes) throw tooLarge(bytes, at, maxRecordBytes);
    const next = at + header + length;
    if (next > end) break;
    if (count === room) {
      found = grown(found);
      room = found.length - 1;
    }
    found[count++] = at;
    at = next;
  }
  found[count] = at;
  scratch = found.length <= KEPT_SCRATCH ? found : scratch;
  return { offsets: found.slice(0, count + 1), count, end: at };
}

function grown(full: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(full.length * 2);
  larger.set(full);
  return larger;
}

function tooLarge(bytes: Uint8Array, at: number, maxRecordBytes: number): InvalidRecordError {
  const length = readU32(bytes, at + 1);
  return new InvalidRecordError(`a record announces ${length} bytes: at most ${maxRecordBytes} allowed`, at, {
    context: { type: bytes[at], length, maxRecordBytes },
  });
}
