import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toArray } from 'rxjs';
import { Corpus } from '../../fuzz/corpus.js';
import { fuzzCase } from '../../fuzz/fuzz-case.js';
import type { LanceServerOptions } from '../../src/embedded/lance/lance-server.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { expectNothingUnhandled, finished, withServer } from '../lance/scene.js';

expectNothingUnhandled();

const CASES = 600;
const AT_ONCE = 20;
const corpus = new Corpus();

/** Says all of a case over a connection of its own, and waits until that is closed, in order or not. */
function say(port: number, number: number): Promise<void> {
  const { pieces } = fuzzCase(12, number, corpus);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
}

/** What decoders and conversations make of it in virtual time is one thing; sockets, files and timers are another. */
it.each<[string, () => Promise<LanceServerOptions>]>([
  ['in memory', async () => ({})],
  ['in a folder', async () => ({ dataDir: await mkdtemp(join(tmpdir(), 'sluice-fuzz-')) })],
])('a server %s bears whatever comes over sockets, and serves others meanwhile', async (_, made) => {
  const options = await made();
  await withServer(async ({ server, client }) => {
    for (const name of ['first', 'second']) await finished(client.createTopic(name));
    for (let from = 0; from < CASES; from += AT_ONCE) {
      const cases = Array.from({ length: AT_ONCE }, (__, at) => say(server.port, from + at));
      await Promise.all([...cases, finished(client.listTopics())]);
    }
    expect(server.counters.brokenFrames).toBeGreaterThan(50);
    expect(server.counters.acks).toBeGreaterThan(20);
    await finished(client.createTopic('afterwards'));
    await finished(client.sink('afterwards')(['one', 'two']).pipe(toArray()));
    const batches = await finished(client.consume('afterwards', { until: 'end' }).pipe(autoAck(), toArray()));
    expect(batches?.flatMap((batch) => Array.from(batch, (record) => record.text()))).toEqual(['one', 'two']);
  }, options);
  if (typeof options.dataDir === 'string') await rm(options.dataDir, { recursive: true });
});
