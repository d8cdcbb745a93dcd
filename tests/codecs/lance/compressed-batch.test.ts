import { uncompressSync } from 'lz4-napi';
import { BatchWriter } from '../../../src/codecs/lance/batch-writer.js';
import { sealCompressed } from '../../../src/codecs/lance/compressed-batch.js';
import { HEADER_BYTES } from '../../../src/codecs/lance/header.js';
import { decodeRecords } from '../../../src/codecs/lance/tlv.js';
import { hex, vector } from './golden/vectors.js';
import { readFrame } from './reading.js';

const FIELDS = { batchIdLow: 6, timestampMs: 1_700_000_000_000, topicId: 1 };

/** What a raw block was, of which whoever packed it has told the size. */
function unpacked(block: Uint8Array, size: number): Buffer {
  const prefixed = Buffer.alloc(4 + block.length);
  prefixed.writeUInt32LE(size);
  prefixed.set(block, 4);
  return uncompressSync(prefixed);
}

function letters(count: number): BatchWriter {
  const writer = new BatchWriter();
  writer.append(1, Buffer.alloc(count, 'A'));
  return writer;
}

describe('sealCompressed', () => {
  it('is the frame of the Python client, but for how the block is packed', () => {
    const golden = vector('ingest_lz4_python');
    const expected = Buffer.from(golden.hex, 'hex');
    const frame = Buffer.from(sealCompressed(letters(300), FIELDS));
    const { header } = readFrame(frame);
    const theirs = readFrame(expected).header;
    const { payloadLength, payloadCrc, ...same } = theirs;
    expect(header).toMatchObject(same);
    expect(header.payloadLength).not.toBe(0);
    expect(payloadCrc).not.toBe(0);
    const payload = Buffer.concat([Buffer.from([1, 0x2c, 1, 0, 0]), Buffer.alloc(300, 'A')]);
    expect(unpacked(frame.subarray(HEADER_BYTES), 305).equals(payload)).toBe(true);
    expect(unpacked(expected.subarray(HEADER_BYTES), 305).equals(payload)).toBe(true);
    expect(frame.length).toBeLessThanOrEqual(HEADER_BYTES + payloadLength + 1);
  });

  it.each(['lz4_block_all_literals', 'lz4_block_all_literals_extended_length'])(
    'reads %s as the vector says',
    (name) => {
      const { hex: block, input } = vector(name) as unknown as { hex: string; input: { uncompressedHex: string } };
      const { uncompressedHex: expected } = input;
      expect(hex(unpacked(Buffer.from(block, 'hex'), expected.length / 2))).toBe(expected);
    },
  );

  it('leaves as it is what does not become smaller', () => {
    const writer = letters(5);
    expect(hex(sealCompressed(writer, FIELDS))).toBe(hex(writer.seal(FIELDS)));
  });

  it('keeps every record of a large batch', () => {
    const writer = new BatchWriter();
    for (let i = 0; i < 20_000; i++) writer.appendText(1, `message ${i}`);
    const frame = sealCompressed(writer, FIELDS);
    expect(readFrame(frame).header.recordCount).toBe(20_000);
    const { records } = decodeRecords(unpacked(frame.subarray(HEADER_BYTES), writer.byteLength));
    expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(
      Array.from({ length: 20_000 }, (_, i) => `message ${i}`),
    );
  });
});
