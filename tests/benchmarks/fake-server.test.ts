import { crc32 } from 'node:zlib';
import { crcShift } from '../../benchmarks/fake-server/crc-shift.js';
import { PreparedFrames } from '../../benchmarks/fake-server/frames.js';
import { PERIOD_BYTES, SyntheticTopic } from '../../benchmarks/fake-server/synthetic-topic.js';

const MIB = 1 << 20;

describe('the server of the benchmarks', () => {
  test.each([0, 1, 7, 1000, MIB])('joins checksums over %i bytes', (length) => {
    const head = Buffer.from('0123456789abcdef');
    const data = Buffer.alloc(length, 'data');
    expect((crcShift(length)(crc32(head)) ^ crc32(data)) >>> 0).toBe(crc32(Buffer.concat([head, data])));
  });

  test('patches a frame in place and keeps its checksum right', () => {
    const frames = new PreparedFrames(new SyntheticTopic({ name: 'topic', id: 1, recordBytes: 1024 }));
    const first = frames.at(MIB, MIB);
    const later = frames.at(MIB + 400 * PERIOD_BYTES, MIB);
    expect(later.bytes).toBe(first.bytes);
    expect(later.bytes.readBigUInt64LE(44)).toBe(BigInt(2 * MIB) + 400n * BigInt(PERIOD_BYTES));
    expect(later.bytes.readUInt32LE(36)).toBe(crc32(later.bytes.subarray(44)));
  });

  test('leaves a frame alone that a socket still reads', () => {
    const frames = new PreparedFrames(new SyntheticTopic({ name: 'topic', id: 1, recordBytes: 1024 }));
    const busy = frames.at(0, MIB);
    busy.busy = true;
    expect(frames.at(PERIOD_BYTES, MIB).bytes).not.toBe(busy.bytes);
    expect(busy.bytes.readBigUInt64LE(44)).toBe(BigInt(MIB));
  });

  test.each([100, 1024])(
    'a topic of %i bytes a record ends behind a whole record and is cut inside records',
    (recordBytes) => {
      const topic = new SyntheticTopic({ name: 'topic', id: 1, recordBytes, totalBytes: 30e6 });
      const bytes = Buffer.alloc(topic.end);
      topic.copy(0, topic.end, bytes, 0);
      const starts = new Set<number>();
      let at = 0;
      for (; at < bytes.length; at += 5 + bytes.readUInt32LE(at + 1)) starts.add(at);
      expect(at).toBe(topic.end);
      expect(topic.digest(starts.size).records).toBe(starts.size);
      const cuts = Array.from({ length: 11 }, (_, window) => (window + 1) * MIB);
      expect(cuts.filter((cut) => starts.has(cut))).toEqual([]);
    },
  );
});
