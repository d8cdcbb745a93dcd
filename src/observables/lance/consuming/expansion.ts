import type { RecordBatch } from '../../../codecs/lance/record-batch.js';
import type { PayloadCodec } from '../../../codecs/payload/codec.js';

/** What the values of a batch take once they are decoded, on top of the batch itself, as they declare. */
export function expansionOf<V>(batch: RecordBatch<V>, codec: PayloadCodec<V> | undefined): number {
  if (codec?.expandedBytes === undefined) return 0;
  let sum = 0;
  for (let i = 0; i < batch.length; i++) sum += codec.expandedBytes(batch.bytes(i));
  return sum;
}
