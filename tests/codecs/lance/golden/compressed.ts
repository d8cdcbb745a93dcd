import { ingestFrame } from '../../../../src/codecs/lance/frames.js';
import { Flag } from '../../../../src/codecs/lance/header.js';
import { compressBlock, compressRawBlock, decompressBlock } from '../../../../src/codecs/payload/lz4-block.js';
import { readFrame } from '../reading.js';
import { each, fromHex, hex, low, named, num, str, u64, type Check, type Vector } from './vectors.js';

const LIMIT = 1 << 20;

/** A raw block has no size in front of it: it is decompressed as one that has. */
function decompressed(block: Uint8Array, size: number): string {
  const prefixed = Buffer.alloc(4 + block.length);
  prefixed.writeUInt32LE(size);
  prefixed.set(block, 4);
  return hex(decompressBlock(prefixed, LIMIT));
}

function plain({ input }: Vector): Uint8Array {
  return fromHex(str(input['uncompressedHex'] ?? input['uncompressedPayloadHex']));
}

/** Of the same data one compressor makes other blocks than another: ours must decompress to the same as theirs. */
function bothBlocks(vector: Vector, theirs: Uint8Array): { decoded: unknown; fields: unknown } {
  const data = plain(vector);
  const blocks = [theirs, compressRawBlock(data)];
  return { decoded: blocks.map((block) => decompressed(block, data.length)), fields: [hex(data), hex(data)] };
}

const rawBlock: Check = (vector) => {
  const theirs = fromHex(vector.hex);
  return { encoded: hex(theirs), ...bothBlocks(vector, theirs) };
};

/** A frame whose payload is one raw block, as the Python producer makes it. */
const compressedIngest: Check = (vector) => {
  const { header, payload } = readFrame(fromHex(vector.hex));
  const block = new Uint8Array(payload);
  const { input } = vector;
  const frame = ingestFrame(
    {
      topicId: num(input['topicId']),
      batchIdLow: low(input['batchId']),
      timestampMs: Number(u64(input['timestampNs']) / 1_000_000n),
      recordCount: num(input['recordCount']),
      flags: Flag.BatchMode | Flag.Compressed,
    },
    block,
  );
  const { decoded, fields } = bothBlocks(vector, block);
  return {
    encoded: hex(frame),
    decoded: [header.flags, header.kind, input['lz4BlockHex'] ?? hex(block), decoded],
    fields: [0x05, 'ingest', hex(block), fields],
  };
};

/** A block behind its size, which is what the codec `lz4` writes. */
const prefixedBlock: Check = (vector) => {
  const data = plain(vector);
  const blocks = [fromHex(vector.hex), compressBlock(data)].map((block) => hex(decompressBlock(block, LIMIT)));
  return { encoded: vector.hex, decoded: blocks, fields: [hex(data), hex(data)] };
};

/** Never on the port for clients: an algorithm and the size again in front of a block behind its size. */
const envelope: Check = (vector) => {
  const bytes = Buffer.from(fromHex(vector.hex));
  const block = bytes.subarray(5);
  const head = Buffer.alloc(5, 1);
  head.writeUInt32LE(plain(vector).length, 1);
  return {
    encoded: hex(Buffer.concat([head, block])),
    decoded: hex(decompressBlock(block, LIMIT)),
    fields: hex(plain(vector)),
  };
};

export const compressedChecks: Readonly<Record<string, Check>> = {
  ...each(named('lz4_block_'), rawBlock),
  ...each(named('ingest_lz4_'), compressedIngest),
  lz4_flex_prepend_size: prefixedBlock,
  lance_compressor_envelope_lz4: envelope,
};
