import { BatchWriter } from '../../../codecs/lance/batch-writer.js';

/** A batch that begins with less may grow; there may be many that never do. */
const FIRST_BYTES = 4096;
/** How much is kept: two full batches in flight, one that is being filled, one to spare; of small ones, more. */
const KEPT_BATCHES = 4;
const KEPT_BYTES = 4 << 20;

/** Memory of batches that are settled, for those to come. */
export class SpareWriters {
  private readonly writers: BatchWriter[] = [];
  private bytes = 0;
  private readonly maxBytes: number;

  constructor(private readonly batchSize: number) {
    this.maxBytes = Math.max(KEPT_BATCHES * batchSize, KEPT_BYTES);
  }

  /** One for a batch that begins with so many bytes, and may grow until it is full if it is `open`. */
  take(bytes: number, open: boolean): BatchWriter {
    if (bytes > this.batchSize) return new BatchWriter(bytes, bytes);
    const spare = this.writers.pop();
    if (spare === undefined) return new BatchWriter(this.batchSize, open ? Math.max(FIRST_BYTES, bytes) : bytes);
    this.bytes -= spare.capacity;
    return spare;
  }

  keep(writer: BatchWriter): void {
    if (writer.maxBytes !== this.batchSize) return;
    if (this.bytes + writer.capacity > this.maxBytes) return;
    writer.reset();
    this.writers.push(writer);
    this.bytes += writer.capacity;
  }
}
