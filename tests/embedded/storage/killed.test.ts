import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeRecords, TlvRecord } from '../../../src/codecs/lance/tlv.js';
import { ingestFrame } from '../../../src/codecs/lance/frames.js';
import { createTopicRequest, fetchRequest } from '../../../src/codecs/lance/requests.js';
import { tcp } from '../../../src/transports/tcp.js';
import { until, type Script } from '../../../src/testing.js';
import { Spawned } from '../../cli/spawned.js';
import { really } from '../../real-time.js';
import { Wire } from '../wire.js';

// Each start is a process that compiles what it runs.
jest.setTimeout(300_000);

const KILLS = 20;
const IN_FLIGHT = 64;
const MIB = 1024 * 1024;
const HEADER_BYTES = 44;

const folder = mkdtempSync(join(tmpdir(), 'sluice-killed-'));
let server: Spawned | undefined;

afterAll(async () => {
  server?.signal('SIGKILL');
  await server?.ended;
  rmSync(folder, { recursive: true });
});

/** Two records that tell which batch they are of; every hundredth is a large one. */
function batch(id: number): Buffer {
  const size = id % 100 === 99 ? 300_000 : (id * 7919) % 900;
  return Buffer.from(encodeRecords([TlvRecord.raw(Buffer.from(`batch ${id}`)), TlvRecord.raw(Buffer.alloc(size, id))]));
}

async function serve(): Promise<number> {
  server = new Spawned('serve', 'lance', '--port', '0', '--data-dir', folder, '--segment-bytes', '3000000');
  const port = Number(/:(\d+)$/.exec(await server.firstLine())?.[1]);
  expect(port).toBeGreaterThan(0);
  return port;
}

/** Sends batches from `first` on as fast as they are acknowledged, until the connection is gone; returns how many were. */
function* produce(wire: Wire, first: number, acked: (count: number) => void): Generator<number, number> {
  let sent = 0;
  let count = 0;
  while (!wire.closed) {
    for (let frame = wire.take(); frame !== undefined; frame = wire.take()) {
      expect(frame.readBigUInt64LE(12)).toBe(BigInt(first + count));
      count++;
    }
    const frames: Uint8Array[] = [];
    for (; sent < count + IN_FLIGHT; sent++) {
      frames.push(
        ingestFrame({ topicId: 1, batchIdLow: first + sent, timestampMs: 0, recordCount: 2 }, batch(first + sent)),
      );
    }
    if (frames.length > 0) wire.send(...frames);
    acked(count);
    yield 0;
  }
  return count;
}

/** Everything from `position` on. */
function* fetchFrom(wire: Wire, position: number): Generator<number, Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    wire.send(fetchRequest(1, position, MIB));
    let reply: Buffer | undefined;
    yield* until(() => (reply = wire.take()) !== undefined, 20_000);
    const data = reply!.subarray(HEADER_BYTES + 16);
    if (data.length === 0) return Buffer.concat(parts);
    parts.push(data);
    position += data.length;
  }
}

it(`loses nothing that it acknowledged when it is killed ${KILLS} times at full speed`, async () => {
  const random = (most: number): number => Math.floor(Math.random() * most);
  let verified = 0;
  let position = 0;
  let ackedInAll = 0;
  for (let kill = 0; kill <= KILLS; kill++) {
    const port = await serve();
    const wire = new Wire(tcp({ host: '127.0.0.1', port }));
    let acked = 0;
    await really(
      (function* (): Script {
        if (kill === 0) {
          wire.send(createTopicRequest('events'));
          yield* until(() => wire.take() !== undefined, 20_000);
        }
        const found = yield* fetchFrom(wire, position);
        let at = 0;
        while (at < found.length) {
          const whole = batch(verified);
          expect(found.subarray(at, at + whole.length).equals(whole)).toBe(true);
          at += whole.length;
          verified++;
        }
        position += at;
        // Of what was sent last, some may be there without having been acknowledged; nothing acknowledged may be missing.
        expect(verified).toBeGreaterThanOrEqual(ackedInAll);
        if (kill === KILLS) return;
        const killAfter = 1 + random(2000);
        const pauseMs = random(30);
        const producing = produce(wire, verified, (count) => {
          if (count >= killAfter && acked < killAfter) setTimeout(() => server!.signal('SIGKILL'), pauseMs);
          acked = count;
        });
        acked = yield* producing;
      })(),
    );
    ackedInAll = verified + acked;
    if (kill < KILLS) expect(await server!.ended).toBe('SIGKILL');
  }
  expect(ackedInAll).toBeGreaterThan(KILLS * 100);
});
