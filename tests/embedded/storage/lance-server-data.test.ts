import { readdirSync, readlinkSync, symlinkSync, truncateSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { ackFrame, ingestFrame } from '../../../src/codecs/lance/frames.js';
import { errorResponse, subscribeAckResponse } from '../../../src/codecs/lance/replies.js';
import {
  commitOffsetRequest,
  createTopicRequest,
  deleteTopicRequest,
  fetchRequest,
  setRetentionRequest,
  subscribeRequest,
} from '../../../src/codecs/lance/requests.js';
import { DataDirInUseError, StorageError } from '../../../src/embedded/errors.js';
import { LanceServer, type LanceServerOptions } from '../../../src/embedded/lance/lance-server.js';
import { clock } from '../../../src/foundation/clock.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { tcp } from '../../../src/transports/tcp.js';
import { until, type Script } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { Wire } from '../wire.js';
import { newFolder } from './folders.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const MIB = 1024 * 1024;

const started: LanceServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await lastValueFrom(server.stop());
});

async function start(options: LanceServerOptions): Promise<LanceServer> {
  const server = await firstValueFrom(new LanceServer(options).start());
  started.push(server);
  return server;
}

const openTo = (server: LanceServer): Wire => new Wire(tcp({ host: server.host, port: server.port }));

function* hears(wire: Wire, replies: number, ...say: Uint8Array[]): Generator<number, string[]> {
  wire.send(...say);
  const heard: string[] = [];
  yield* until(() => heard.push(...wire.takeAll()) >= replies || wire.closed, 5000);
  return heard;
}

const ingest = (id: number, payload: Uint8Array): Uint8Array =>
  ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 0, recordCount: 1 }, payload);

it('a topic that was made while the clock stood before 1970 is found again', async () => {
  const dataDir = newFolder();
  const date = jest.spyOn(clock, 'date').mockReturnValue(-5_000);
  try {
    const first = await start({ dataDir });
    first.createTopic('events');
    await lastValueFrom(first.stop());
  } finally {
    date.mockRestore();
  }
  expect((await start({ dataDir })).topics).toEqual([{ id: 1, name: 'events', createdAtMs: 0, byteLength: 0 }]);
});

it('a server in another process would find topics, data and retention, and no commits (trap T 16)', async () => {
  const dataDir = newFolder();
  const first = await start({ dataDir });
  await really(
    (function* (): Script {
      const wire = openTo(first);
      yield* hears(wire, 3, createTopicRequest('events'), createTopicRequest('gone'), deleteTopicRequest(2));
      yield* hears(wire, 1, setRetentionRequest(1, 2n ** 64n - 1n, 2n ** 64n - 1n));
      expect(yield* hears(wire, 1, ingest(5, Buffer.from('data')))).toEqual([hex(ackFrame(5))]);
      yield* hears(wire, 1, commitOffsetRequest(1, 42n, 3n));
    })(),
  );
  const before = first.topics;
  expect(first.recovery).toEqual({ path: dataDir, topics: 0, bytes: 0, cutBytes: 0 });
  await lastValueFrom(first.stop());

  const second = await start({ dataDir });
  expect(second.recovery).toEqual({ path: dataDir, topics: 1, bytes: 4, cutBytes: 0 });
  expect(second.topics).toEqual(before);
  expect(Buffer.from(second.read('events')).toString()).toBe('data');
  await really(
    (function* (): Script {
      const wire = openTo(second);
      expect(yield* hears(wire, 1, subscribeRequest(1, 0n, 0, 42n))).toEqual([
        hex(subscribeAckResponse({ consumerId: 42n, startOffset: 0n })),
      ]);
    })(),
  );
  expect(second.createTopic('next').id).toBe(2);
});

it('goes on with its data after stop and start', async () => {
  const server = await start({ dataDir: newFolder() });
  server.append('events', Buffer.from('one'));
  await lastValueFrom(server.stop());
  await firstValueFrom(server.start());
  expect(server.append('events', Buffer.from('two'))).toBe(6);
  expect(server.recovery?.bytes).toBe(3);
});

it('fetches what is on disk, across segments, byte for byte', async () => {
  const server = await start({ dataDir: newFolder(), segmentBytes: 100_000, fetchAlign: 'byte' });
  const parts = Array.from({ length: 40 }, (_, i) => Buffer.alloc(30_000, i + 1));
  for (const part of parts) server.append('events', part);
  const all = Buffer.concat(parts);
  await really(
    (function* (): Script {
      const wire = openTo(server);
      for (const [at, most] of [
        [0, MIB],
        [89_999, 2],
        [150_000, 500_000],
      ] as const) {
        const [reply = ''] = yield* hears(wire, 1, fetchRequest(1, at, most));
        const data = Buffer.from(reply, 'hex').subarray(44 + 16);
        expect(data.equals(all.subarray(at, at + most))).toBe(true);
      }
    })(),
  );
});

it('acknowledges what is on the disk itself, for many connections at once', async () => {
  const server = await start({ dataDir: newFolder(), fsync: true, segmentBytes: 2000 });
  for (const name of ['events', 'others']) server.createTopic(name);
  await really(
    (function* (): Script {
      const wires = Array.from({ length: 5 }, () => openTo(server));
      for (let round = 0; round < 20; round++) {
        for (const wire of wires) wire.send(ingest(round, Buffer.alloc(300)), ingest(round + 100, Buffer.alloc(300)));
        yield* until(() => wires.every(({ waiting }) => waiting === 88), 10_000);
        for (const wire of wires) expect(wire.takeAll()).toEqual([hex(ackFrame(round)), hex(ackFrame(round + 100))]);
      }
    })(),
  );
  expect(server.topic('events')?.byteLength).toBe(20 * 5 * 600);
});

describe('when the disk fails', () => {
  it('a connection that ingests is closed without a word; the others go on', async () => {
    const dataDir = newFolder();
    const server = await start({ dataDir });
    for (const name of ['events', 'others']) server.createTopic(name);
    symlinkSync('/dev/full', join(dataDir, 'topics', '1', '0000000001.data'));
    await really(
      (function* (): Script {
        const [wire, other] = [openTo(server), openTo(server)];
        expect(yield* hears(wire, 1, ingest(1, Buffer.from('data')))).toEqual([]);
        expect(wire.closed).toBe(true);
        const toOthers = ingestFrame({ topicId: 2, batchIdLow: 9, timestampMs: 0, recordCount: 1 }, Buffer.from('x'));
        expect(yield* hears(other, 1, toOthers)).toEqual([hex(ackFrame(9))]);
      })(),
    );
    expect(server.topic('events')?.byteLength).toBe(0);
  });

  it('a fetch gets the I/O error', async () => {
    const dataDir = newFolder();
    const server = await start({ dataDir });
    server.append('events', Buffer.from('data'));
    const file = join(dataDir, 'topics', '1', '0000000001.data');
    truncateSync(file, 2);
    await really(
      (function* (): Script {
        const wire = openTo(server);
        const text = `I/O error: ${file}: it ends at byte 2, where there should be more`;
        expect(yield* hears(wire, 1, fetchRequest(1, 0, 100))).toEqual([hex(errorResponse(text))]);
      })(),
    );
  });

  it('a start that finds no folder is an error with what the system says', async () => {
    const starting = new LanceServer({ dataDir: '/dev/null/data' }).start();
    const error: unknown = await lastValueFrom(starting).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: 'STORAGE', context: { path: '/dev/null/data', errno: 'ENOTDIR' } });
  });
});

it('holds its folder while it runs, and lets go of it when it can not start', async () => {
  const dataDir = newFolder();
  const first = await start({ dataDir });
  const error: unknown = await lastValueFrom(new LanceServer({ dataDir }).start()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataDirInUseError);
  expect(error).toMatchObject({ retryable: true, context: { path: dataDir, pid: process.pid } });
  await lastValueFrom(first.stop());

  const blocker = createServer();
  await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  await lastValueFrom(new LanceServer({ dataDir, port }).start()).catch(() => {});
  await new Promise((resolve) => blocker.close(resolve));
  await start({ dataDir });
});

/** What a file descriptor is of; it may have been closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

it('topics in memory leave it for a file that nobody sees', async () => {
  const server = await start({ memoryBytes: MIB });
  const parts = Array.from({ length: 200 }, (_, i) => Buffer.allocUnsafeSlow(70_000).fill(i));
  for (const part of parts) server.append('events', part);
  const spilled = readdirSync('/proc/self/fd')
    .map(linkOf)
    .filter((path) => path.includes('sluice-lance-'));
  expect(spilled.length).toBeGreaterThan(0);
  expect(spilled.filter((path) => !path.endsWith(' (deleted)'))).toEqual([]);
  expect(Buffer.from(server.read('events')).equals(Buffer.concat(parts))).toBe(true);
  await lastValueFrom(server.stop());
  await firstValueFrom(server.start());
  expect(Buffer.from(server.read('events')).equals(Buffer.concat(parts))).toBe(true);
});

it.each<[LanceServerOptions, string]>([
  [{ dataDir: '' }, 'dataDir: must be the path of a folder, got ""'],
  [{ dataDir: 7 as never }, 'dataDir: must be the path of a folder, got 7'],
  [{ fsync: true }, 'fsync: goes with dataDir, got true'],
  [{ dataDir: 'x', fsync: 1 as never }, 'fsync: must be true or false, got 1'],
  [{ lenientNames: 'yes' as never }, 'lenientNames: must be true or false, got "yes"'],
  [{ auth: { tokens: 'secret' as never } }, 'auth.tokens: must be a list of texts that are not empty, got "string"'],
  [{ auth: { tokens: [''] } }, 'auth.tokens: must be a list of texts that are not empty, got "object"'],
  [{ dataDir: 'x', memoryBytes: MIB }, 'memoryBytes: is for topics in memory, and there is a dataDir, got 1048576'],
  [{ memoryBytes: MIB - 1 }, 'memoryBytes: must be an integer from 1048576 to '],
  [{ segmentBytes: 0 }, 'segmentBytes: must be an integer from 1024 to '],
  [{ retentionSweepMs: 0 }, 'retentionSweepMs: must be an integer from 1 to 2147483647, got 0'],
])('refuses %j', (options, message) => {
  expect(() => new LanceServer(options)).toThrow(InvalidOptionError);
  expect(() => new LanceServer(options)).toThrow(message);
});

it.each<[string, LanceServerOptions]>([
  ['on disk', {}],
  ['that has left memory', { memoryBytes: MIB }],
])('reads no more than 16 MiB %s for one fetch, whatever is asked for', async (_, options) => {
  const server = await start('memoryBytes' in options ? options : { dataDir: newFolder() });
  const parts = Array.from({ length: 40 }, (__, i) => Buffer.allocUnsafeSlow(MIB).fill(i));
  for (const part of parts) server.append('events', part);
  await really(
    (function* (): Script {
      const [reply = ''] = yield* hears(openTo(server), 1, fetchRequest(1, 5, 0xffff_ffff));
      const data = Buffer.from(reply, 'hex').subarray(44 + 16);
      expect(data.length).toBe(16 * MIB);
      expect(data.equals(Buffer.concat(parts).subarray(5, 5 + 16 * MIB))).toBe(true);
    })(),
  );
  expect(Buffer.from(server.read('events')).equals(Buffer.concat(parts))).toBe(true);
});
