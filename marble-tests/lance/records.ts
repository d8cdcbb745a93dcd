import type { RecordBatch } from '../../src/codecs/lance/record-batch.js';

/** The texts of a batch. */
export function textsIn(batch: RecordBatch<unknown>): string[] {
  return Array.from({ length: batch.length }, (_, i) => batch.text(i));
}
