import { compressRawBlock } from '../payload/lz4-block.js';
import type { BatchWriter, SealFields } from './batch-writer.js';
import { ingestFrame } from './frames.js';
import { Flag } from './header.js';

/**
 * The batch as one raw LZ4 block, which is how the Python client compresses, if that is smaller than the records are;
 * else as it is (lance.md 4).
 */
export function sealCompressed(writer: BatchWriter, fields: SealFields): Uint8Array {
  const block = compressRawBlock(writer.payload);
  if (block.length >= writer.byteLength) return writer.seal(fields);
  return ingestFrame({ ...fields, recordCount: writer.recordCount, flags: Flag.BatchMode | Flag.Compressed }, block);
}
