import { firstValueFrom, lastValueFrom } from 'rxjs';
import { ingestFrame } from '../../../src/codecs/lance/frames.js';
import { fetchRequest } from '../../../src/codecs/lance/requests.js';
import { LanceServer, type LanceServerOptions } from '../../../src/embedded/lance/lance-server.js';
import { tcp } from '../../../src/transports/tcp.js';
import { until } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { Wire } from '../wire.js';
import { newFolder } from './folders.js';

jest.setTimeout(120_000);

const MIB = 1024 * 1024;
const SENT_MIB = 100;
const FRAMES_PER_ROUND = 64;

/** What is held outside of the heap of JavaScript, once everything that can go has gone. */
function held(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().arrayBuffers;
}

it.each<[string, () => LanceServerOptions]>([
  ['in memory', () => ({ memoryBytes: 8 * MIB })],
  ['in a folder', () => ({ dataDir: newFolder() })],
])(`a server %s takes ${SENT_MIB} MiB and gives them back without growing`, async (_, options) => {
  expect(globalThis.gc).toBeDefined();
  const server = await firstValueFrom(new LanceServer({ ackDelayMs: 0, ...options() }).start());
  server.createTopic('events');
  const wire = new Wire(tcp({ host: server.host, port: server.port }));
  const payload = Buffer.alloc(MIB / FRAMES_PER_ROUND, 'x');
  const frame = ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, payload);
  const frames = Array.from({ length: FRAMES_PER_ROUND }, () => frame);
  const before = held();
  let most = 0;
  await really(
    (function* () {
      for (let round = 0; round < SENT_MIB; round++) {
        wire.send(...frames);
        yield* until(() => wire.waiting === FRAMES_PER_ROUND * 44, 20_000);
        wire.takeAll();
        if (round % 20 === 19) most = Math.max(most, held() - before);
      }
      for (let at = 0; at < SENT_MIB * MIB; at += MIB) {
        wire.send(fetchRequest(1, at, MIB));
        yield* until(() => wire.waiting === 60 + MIB, 20_000);
        wire.takeAll();
        if (at % (20 * MIB) === 0) most = Math.max(most, held() - before);
      }
    })(),
  );
  expect(server.topic('events')?.byteLength).toBe(SENT_MIB * MIB);
  expect(most).toBeLessThan(24 * MIB);
  wire.close();
  await lastValueFrom(server.stop());
});
