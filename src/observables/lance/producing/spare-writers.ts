import { BatchWriter } from '../../../codecs/lance/batch-writer.js';
import type { BatchSize } from './batch-size.js';

/** A batch that begins with less may grow; there may be many that never do. */
const FIRST_BYTES = 4096;
/** How much is kept: two full batches in flight, one that is being filled, one to spare; of small ones, more. */
const KEPT_BATCHES = 4;
const KEPT_BYTES = 4 << 20;

/** Memory of batches that are settled, for those to come. */
export class SpareWriters {
  private readonly writers: BatchWriter[] = [];
  private bytes = 0;

  constructor(private readonly size: BatchSize) {}

  /** One for a batch that begins with so many bytes, and may grow until it is full if it is `open`. */
  take(bytes: number, open: boolean): BatchWriter {
    const batchSize = this.size.bytes;
    if (bytes > batchSize) return new BatchWriter(bytes, bytes);
    for (let spare = this.writers.pop(); spare !== undefined; spare = this.writers.pop()) {
      this.bytes -= spare.capacity;
      // Batches may have become larger since.
      if (spare.maxBytes === batchSize) return spare;
    }
    return new BatchWriter(batchSize, open ? Math.max(FIRST_BYTES, bytes) : bytes);
  }

  keep(writer: BatchWriter): void {
    const batchSize = this.size.bytes;
    if (writer.maxBytes !== batchSize) return;
    if (this.bytes + writer.capacity > Math.max(KEPT_BATCHES * batchSize, KEPT_BYTES)) return;
    writer.reset();
    this.writers.push(writer);
    this.bytes += writer.capacity;
  }
}
