import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { ingestFrames } from '../../benchmarks/clients/raw-frames.js';
import { RecordPool } from '../../benchmarks/clients/record-pool.js';
import { emptyDigest } from '../../benchmarks/fake-server/digest.js';
import { HEADER_BYTES } from '../../benchmarks/fake-server/frames.js';
import { serveLwp } from '../../benchmarks/fake-server/lwp-connection.js';
import { ServedTopic } from '../../benchmarks/fake-server/served-topic.js';
import { SyntheticTopic } from '../../benchmarks/fake-server/synthetic-topic.js';

const MIB = 1 << 20;
const PLAN = { name: 'writes', id: 7, recordBytes: 100 };

describe('what is written to the server of the benchmarks', () => {
  const topic = new ServedTopic({ ...PLAN, totalBytes: 0 }, MIB);
  let server: Server;
  let socket: Socket;
  beforeAll(async () => {
    server = createServer((accepted) => serveLwp(accepted, [topic])).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
  });
  afterEach(() => {
    socket.destroy();
  });
  afterAll(() => {
    server.close();
  });

  /** The bytes that come back, which must be as many. */
  async function answers(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      parts.push(chunk);
      missing -= chunk.length;
    }
    return Buffer.concat(parts);
  }

  test('is acknowledged batch by batch, wherever the bytes are cut', async () => {
    const [first, second] = ingestFrames(PLAN, 1000) as [Buffer, Buffer];
    const bytes = Buffer.concat([first, second]);
    for (const cut of [20, HEADER_BYTES, HEADER_BYTES + 1, first.length + 30]) {
      socket.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(bytes.subarray(cut));
      const acks = await answers(2 * HEADER_BYTES);
      expect([acks.readUInt32LE(12), acks.readUInt32LE(HEADER_BYTES + 12)]).toEqual([1, 2]);
      expect(acks[5]).toBe(0x08);
    }
  });

  test('is summed while somebody wants to know, and only then', async () => {
    const frames = ingestFrames(PLAN, 64 << 10, 3);
    const records = frames[0]!.readUInt32LE(28);
    topic.collect();
    socket.write(Buffer.concat(frames));
    await answers(3 * HEADER_BYTES);
    expect(topic.collected()).toEqual(new SyntheticTopic(PLAN).digest(3 * records));
    expect(topic.collected()).toBeUndefined();
  });

  test('counts as wrong with a wrong checksum, a wrong count, or half a record', () => {
    const [good] = ingestFrames(PLAN, 1000) as [Buffer];
    const written = (change: (frame: Buffer) => Buffer | void): (() => void) => {
      topic.collect();
      const copy = Buffer.from(good);
      const frame = change(copy) ?? copy;
      return () => topic.collection?.add(frame.subarray(0, HEADER_BYTES), frame.subarray(HEADER_BYTES));
    };
    expect(written(() => undefined)).not.toThrow();
    expect(written((frame) => void (frame[100]! ^= 1))).toThrow('checksum of a payload');
    expect(written((frame) => void (frame[6]! ^= 1))).toThrow('checksum of a header');
    expect(written((frame) => void frame.writeUInt32LE(1, 28))).toThrow('announces 1');
    topic.collected();
  });

  test('refuses a topic that there is not', async () => {
    const [frame] = ingestFrames({ ...PLAN, id: 8 }, 1000) as [Buffer];
    socket.write(frame);
    expect((await answers(HEADER_BYTES)).toString()).toContain('Unknown topic');
  });
});

describe('records to write', () => {
  test('are summed as they are taken, and begin again behind the last', () => {
    const pool = new RecordPool({ ...PLAN, recordBytes: 100_000 });
    const digest = emptyDigest();
    const taken = [...pool.take(65, digest)];
    expect(taken[64]).toBe(taken[0]);
    expect([digest.records, digest.bytes]).toEqual([65, 65 * 100_000]);
  });
});

describe('a topic whose fetches end with a record', () => {
  test.each([100, 1024, 10_240])('has a record boundary at every mebibyte, with %i bytes a record', (recordBytes) => {
    const topic = new SyntheticTopic({ name: 'topic', id: 1, recordBytes, alignedTo: MIB });
    const bytes = Buffer.alloc(13 * MIB);
    topic.copy(0, bytes.length, bytes, 0);
    const starts = new Set<number>();
    for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32LE(at + 1)) starts.add(at);
    expect(Array.from({ length: 13 }, (_, window) => starts.has(window * MIB))).not.toContain(false);
    expect(topic.value(0)).toEqual(new Uint8Array(bytes.subarray(5, 5 + recordBytes)));
  });
});
