import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';

/** A run of whole records of a batch. */
export interface LetterPart {
  readonly position: bigint;
  readonly value: Uint8Array;
}

/** In base64 it must fit into a frame of 16 MiB with room to spare. */
const MAX_PART_BYTES = 4 << 20;

/** Cuts a batch into runs of records, each small enough to be written as one letter. */
export function* letterParts<V>(batch: RecordBatch<V>): Generator<LetterPart> {
  let first = 0;
  let bytes = 0;
  for (let i = 0; i < batch.length; i++) {
    const size = RECORD_HEADER_BYTES + batch.bytes(i).length;
    if (i > first && bytes + size > MAX_PART_BYTES) {
      yield partOf(batch, first, i);
      first = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (batch.length > first) yield partOf(batch, first, batch.length);
}

function partOf<V>(batch: RecordBatch<V>, from: number, to: number): LetterPart {
  const first = batch.bytes(from);
  const last = batch.bytes(to - 1);
  const start = first.byteOffset - RECORD_HEADER_BYTES;
  return {
    position: batch.positionOf(from),
    value: new Uint8Array(first.buffer, start, last.byteOffset + last.length - start),
  };
}
