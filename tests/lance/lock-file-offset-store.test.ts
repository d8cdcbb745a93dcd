import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { LockFileOffsetStore } from '../../src/observables/lance/stores/lock-file-offset-store.js';
import type { OffsetKey } from '../../src/observables/lance/stores/offset-store.js';
import { OffsetStoreError } from '../../src/observables/lance/stores/offset-store-error.js';

interface FileVector {
  readonly name: string;
  readonly hex: string;
  readonly input: {
    readonly consumer: string;
    readonly topicId: number;
    readonly consumerId: string;
    readonly offset: string;
    readonly path: string;
  };
}
const { vectors } = JSON.parse(readFileSync('tests/vectors/lance.json', 'utf8')) as { vectors: readonly FileVector[] };

let directory: string;
let store: LockFileOffsetStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offsets-'));
  store = new LockFileOffsetStore(directory);
});

afterEach(() => rm(directory, { recursive: true }));

const load = (key: OffsetKey): Promise<bigint | undefined> => lastValueFrom(store.load(key));
const save = (key: OffsetKey, offset: bigint): Promise<void> => lastValueFrom(store.save(key, offset));
const remove = (key: OffsetKey): Promise<void> => lastValueFrom(store.delete(key));
async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

const key = { consumer: 'my-consumer', topicId: 1, topicName: 'events' };
const FILE = 'topic-1-consumer-18044035401257023742.offset';

describe('the form of the Rust client', () => {
  it.each(vectors.filter(({ name }) => name.startsWith('offset_file_rust')))('$name', async ({ input, hex }) => {
    const { consumer, topicId, offset, path } = input;
    await save({ consumer, topicId }, BigInt(offset));
    expect((await readFile(join(directory, path))).toString('hex')).toBe(hex);
    await rm(join(directory, path));
    await put(path, Buffer.from(hex, 'hex'));
    expect(await load({ consumer, topicId })).toBe(BigInt(offset));
  });

  it('a folder for the consumer, in it a file for the topic, and nothing else', async () => {
    expect(await load(key)).toBeUndefined();
    await save(key, 12345n);
    await save(key, 6n);
    expect(await readdir(directory, { recursive: true })).toEqual(['my-consumer', `my-consumer/${FILE}`]);
    expect(await readFile(join(directory, 'my-consumer', FILE), 'utf8')).toBe('6\n');
    expect(await load(key)).toBe(6n);
  });

  it.each([
    ['no newline', '7', 7n],
    ['blanks around it', ' \t7\r\n\n', 7n],
    ['the largest', '18446744073709551615\n', 2n ** 64n - 1n],
    ['with a plus, as its parser takes it', '+7\n', 7n],
    ['leading zeros', '007\n', 7n],
  ])('is read as that one reads it: %s', async (_, text, offset) => {
    await put(`my-consumer/${FILE}`, text);
    expect(await load(key)).toBe(offset);
  });

  it.each(['', '\n', '-1\n', '1.5', '12a', '1 2', '18446744073709551616', '0x10', '{"offset": 5}'])(
    'what is no position is an error that names the file: %j',
    async (text) => {
      await put(`my-consumer/${FILE}`, text);
      const error: unknown = await load(key).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(OffsetStoreError);
      expect(String(error)).toContain(join(directory, 'my-consumer', FILE));
    },
  );

  it('a lock file of that client is in nobody way, and goes with the position', async () => {
    await put(`my-consumer/${FILE.replace('.offset', '.lock')}`, '');
    await put(`my-consumer/${FILE}.tmp`, '12');
    await save(key, 1n);
    expect(await load(key)).toBe(1n);
    await remove(key);
    expect(await readdir(join(directory, 'my-consumer'))).toEqual([`${FILE}.tmp`]);
    expect(await load(key)).toBeUndefined();
    await remove(key);
  });
});

describe('names', () => {
  it('with separators are folders in folders, as with that client', async () => {
    await save({ consumer: 'team/a', topicId: 7 }, 5n);
    const [, , file] = await readdir(directory, { recursive: true });
    expect(file).toMatch(/^team\/a\/topic-7-consumer-\d+\.offset$/);
    expect(await load({ consumer: 'team/a', topicId: 7 })).toBe(5n);
  });

  it.each(['..', '../x', 'a/../../x', '/etc', '.', '', '..\\x'])(
    '%j would lead elsewhere, and is refused',
    async (consumer) => {
      for (const call of [load, remove, (each: OffsetKey) => save(each, 1n)]) {
        await expect(call({ consumer, topicId: 1 })).rejects.toBeInstanceOf(OffsetStoreError);
      }
      expect(await readdir(directory)).toEqual([]);
    },
  );
});

describe('list', () => {
  it('says whose positions there are', async () => {
    expect(await lastValueFrom(store.list())).toEqual([]);
    await save(key, 1n);
    await save({ consumer: 'my-consumer', topicId: 20 }, 2n);
    await save({ consumer: 'team/a', topicId: 7 }, 3n);
    // One of a consumer that called itself something else: nobody would find it by this name.
    await put('my-consumer/topic-3-consumer-1.offset', '9\n');
    expect(await lastValueFrom(store.list())).toEqual([
      { consumer: 'my-consumer', topicId: 1, offset: 1n },
      { consumer: 'my-consumer', topicId: 20, offset: 2n },
      { consumer: 'team/a', topicId: 7, offset: 3n },
    ]);
    await put(`my-consumer/${FILE}`, 'x');
    await expect(lastValueFrom(store.list())).rejects.toThrow(join(directory, 'my-consumer', FILE));
  });
});

it('calls are cold', async () => {
  const saving = store.save(key, 1n);
  expect(await readdir(directory)).toEqual([]);
  await lastValueFrom(saving);
  const removing = store.delete(key);
  expect(await load(key)).toBe(1n);
  await lastValueFrom(removing);
  expect(await load(key)).toBeUndefined();
});
