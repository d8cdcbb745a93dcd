import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { map, toArray } from 'rxjs';
import { text } from '../../src/codecs/payload/text.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { LanceClient } from '../../src/observables/lance/lance-client.js';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';
import { HookedOffsetStore, type OffsetCommit } from '../../src/observables/lance/stores/hooked-offset-store.js';
import { LockFileOffsetStore } from '../../src/observables/lance/stores/lock-file-offset-store.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import { expectNothingUnhandled, finished, withServer } from './scene.js';

expectNothingUnhandled();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'positions-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (client: LanceClient, ...values: string[]): Promise<unknown> =>
  finished(client.sink<string>('log', { codec: text() })(values));
/** Reads to the end, and closes the client: by then the position is stored. */
async function read(client: LanceClient): Promise<string[] | undefined> {
  const stream = client.consume('log', { name: 'reader', until: 'end', codec: text() });
  const values = await finished(
    stream.pipe(
      autoAck(),
      records(),
      map((record) => record.value),
      toArray(),
    ),
  );
  await finished(client.close());
  return values;
}

it('a position that outlived its topic is noticed by the next process', async () => {
  await withServer(async ({ client, newClient }) => {
    await finished(client.createTopic('log'));
    await write(client, 'one', 'two');
    const before = newClient({ offsetDir: directory });
    expect(await read(before)).toEqual(['one', 'two']);
    await write(client, 'three');
    expect(await read(newClient({ offsetDir: directory }))).toEqual(['three']);

    await finished(client.deleteTopic('log'));
    await finished(client.createTopic('log'));
    await write(client, 'anew');
    await expect(read(newClient({ offsetDir: directory }))).rejects.toBeInstanceOf(StalePositionError);
    const [stored] = (await finished(new FileOffsetStore(directory).list()))!;
    await finished(new FileOffsetStore(directory).delete(stored!));
    expect(await read(newClient({ offsetDir: directory }))).toEqual(['anew']);
  });
});

it('positions in the form of the Rust client are kept and told', async () => {
  await withServer(async ({ client, newClient }) => {
    await finished(client.createTopic('log'));
    await write(client, 'one', 'two');
    const commits: OffsetCommit[] = [];
    const store = (): HookedOffsetStore =>
      new HookedOffsetStore(new LockFileOffsetStore(directory), (commit) => commits.push(commit));
    expect(await read(newClient({ offsetStore: store() }))).toEqual(['one', 'two']);
    await write(client, 'three');
    expect(await read(newClient({ offsetStore: store() }))).toEqual(['three']);
    const positions = commits.map(({ offset, previousOffset }) => [offset, previousOffset]);
    expect(positions).toEqual([
      [16n, undefined],
      [26n, 16n],
    ]);
  });
});
