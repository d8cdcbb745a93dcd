import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';
import type { OffsetKey } from '../../src/observables/lance/stores/offset-store.js';
import { OffsetStoreError } from '../../src/observables/lance/stores/offset-store-error.js';

interface FileVector {
  readonly name: string;
  readonly hex: string;
  readonly input: {
    readonly consumer: string;
    readonly topicId: number;
    readonly offset: string;
    readonly path: string;
  };
}
const { vectors } = JSON.parse(readFileSync('tests/vectors/lance.json', 'utf8')) as { vectors: readonly FileVector[] };

let directory: string;
let store: FileOffsetStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offsets-'));
  store = new FileOffsetStore(directory);
});

afterEach(() => rm(directory, { recursive: true }));

const load = (key: OffsetKey): Promise<bigint | undefined> => lastValueFrom(store.load(key));
const save = (key: OffsetKey, offset: bigint): Promise<void> =>
  lastValueFrom(store.save(key, offset), { defaultValue: undefined });
const put = (name: string, text: string | Buffer): Promise<void> => writeFile(join(directory, name), text);
const content = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

const byId = { consumer: 'my-consumer', topicId: 1 };
const byName = { consumer: 'my-consumer', topicId: 1, topicName: 'events' };

describe('the form of lnc-client 0.2.9', () => {
  it('by name', async () => {
    await save(byName, 12345n);
    expect(await readdir(directory)).toEqual(['my-consumer_events.offset']);
    expect(await content('my-consumer_events.offset')).toBe(
      '{"consumer": "my-consumer", "topic_id": 1, "topic_name": "events", "offset": 12345}',
    );
    expect(await load(byName)).toBe(12345n);
  });

  it('by id', async () => {
    await save(byId, 0n);
    expect(await content('my-consumer_1.offset')).toBe(
      '{"consumer": "my-consumer", "topic_id": 1, "topic_name": null, "offset": 0}',
    );
    expect(await load(byId)).toBe(0n);
  });

  it('names are escaped as Python does, and separators kept out of paths', async () => {
    const key = { consumer: 'a/b\\ç\u007f\u2028😀"\n\u0001\u001f', topicId: 2, topicName: 'events' };
    await save(key, 2n ** 64n - 2n);
    const [file] = await readdir(directory);
    expect(file).toBe('a_b_ç\u007f\u2028😀"\n\u0001\u001f_events.offset');
    // As Python's json.dumps writes it.
    expect(await content(file!)).toBe(
      String.raw`{"consumer": "a/b\\\u00e7\u007f\u2028\ud83d\ude00\"\n\u0001\u001f", "topic_id": 2, "topic_name": "events", "offset": 18446744073709551614}`,
    );
    expect(await load(key)).toBe(2n ** 64n - 2n);
  });

  it('a large position is not rounded', async () => {
    await save(byName, 2n ** 53n + 1n);
    expect(await load(byName)).toBe(2n ** 53n + 1n);
  });
});

describe('the form of lnc-client 0.1.0 is read', () => {
  it.each(['offset_file_python', 'offset_file_python_sanitised'])('%s', async (name) => {
    const { input, hex } = vectors.find((each) => each.name === name)!;
    const { consumer, topicId, offset, path } = input;
    await put(path, Buffer.from(hex, 'hex'));
    expect(await load({ consumer, topicId })).toBe(BigInt(offset));
    expect(await load({ consumer, topicId, topicName: 'events' })).toBe(BigInt(offset));
    await save({ consumer, topicId, topicName: 'events' }, 99n);
    expect(await load({ consumer, topicId, topicName: 'events' })).toBe(99n);
    expect(await load({ consumer, topicId })).toBe(BigInt(offset));
  });

  it('a text in a name that looks like a position is none', async () => {
    await put('x_1.offset', '{"consumer": "\\"offset\\": 7, ", "topic_id": 1, "offset": 8}');
    expect(await load({ consumer: 'x', topicId: 1 })).toBe(8n);
  });
});

describe('what is not there, or can not be read', () => {
  it('no file, no directory: no position', async () => {
    expect(await load(byName)).toBeUndefined();
    store = new FileOffsetStore(join(directory, 'not', 'yet'));
    expect(await load(byName)).toBeUndefined();
    await save(byName, 1n);
    expect(await load(byName)).toBe(1n);
  });

  it.each([
    ['empty', ''],
    [
      'cut in the middle of the position',
      '{"consumer": "my-consumer", "topic_id": 1, "topic_name": "events", "offset": 123',
    ],
    ['no JSON', 'offset: 5'],
    ['no position', '{"consumer": "my-consumer"}'],
    ['a negative position', '{"offset": -1}'],
    ['a broken position', '{"offset": 1.5}'],
    ['a position above 2^64', '{"offset": 18446744073709551616}'],
    ['a position in words', '{"offset": "5"}'],
  ])('%s: an error that names the file', async (_, text) => {
    await put('my-consumer_events.offset', text);
    const error: unknown = await load(byName).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OffsetStoreError);
    expect(error).toMatchObject({
      code: 'LANCE_OFFSET_STORE',
      message: expect.stringContaining('my-consumer_events.offset') as string,
    });
  });

  it('a directory in its place, a path that can not be: errors', async () => {
    await mkdir(join(directory, 'my-consumer_events.offset'));
    await expect(load(byName)).rejects.toBeInstanceOf(OffsetStoreError);
    await expect(save(byName, 1n)).rejects.toBeInstanceOf(OffsetStoreError);
    await expect(load({ consumer: 'a\0b', topicId: 1 })).rejects.toBeInstanceOf(OffsetStoreError);
    await put('file', '');
    store = new FileOffsetStore(join(directory, 'file'));
    await expect(save(byName, 1n)).rejects.toBeInstanceOf(OffsetStoreError);
  });
});

describe('a crash leaves the old or the new position', () => {
  it('a save never writes into the file itself: it is replaced whole', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'elsewhere-'));
    await writeFile(join(elsewhere, 'target'), 'untouched');
    await symlink(join(elsewhere, 'target'), join(directory, 'my-consumer_events.offset'));
    await save(byName, 5n);
    expect(await readFile(join(elsewhere, 'target'), 'utf8')).toBe('untouched');
    expect(await load(byName)).toBe(5n);
    await rm(elsewhere, { recursive: true });
  });

  it('what a crash left half written is neither read nor in the way', async () => {
    await save(byName, 5n);
    await put('my-consumer_events.tmp', '{"consumer": "my-con');
    expect(await load(byName)).toBe(5n);
    await save(byName, 6n);
    expect(await load(byName)).toBe(6n);
    expect(await readdir(directory)).toEqual(['my-consumer_events.offset']);
  });

  it('the new position is with the disk before it takes the place of the old one', async () => {
    const handle = await open(join(directory, 'any'), 'w');
    const sync = jest.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
    await handle.close();
    await save(byName, 1n);
    expect(sync).toHaveBeenCalledTimes(1);
    sync.mockRestore();
  });

  it('saves of one position at once do not disturb each other; the last one counts', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, i) => save(byName, BigInt(i))));
    expect(await load(byName)).toBe(29n);
    expect(await readdir(directory)).toEqual(['my-consumer_events.offset']);
  });

  it('a position is loaded behind the saves that are under way', async () => {
    const saved = save(byName, 7n);
    expect(await load(byName)).toBe(7n);
    await saved;
  });

  it('one that fails does not hold up the next', async () => {
    await mkdir(join(directory, 'my-consumer_events.tmp'));
    const failing = save(byName, 1n);
    const loading = load(byName);
    await expect(failing).rejects.toBeInstanceOf(OffsetStoreError);
    expect(await loading).toBeUndefined();
    await rm(join(directory, 'my-consumer_events.tmp'), { recursive: true });
    await save(byName, 2n);
    expect(await load(byName)).toBe(2n);
  });
});

it('delete removes both forms, and is cold like the others', async () => {
  await save(byName, 1n);
  await save(byId, 2n);
  const deleting = store.delete(byName);
  expect(await load(byName)).toBe(1n);
  await lastValueFrom(deleting, { defaultValue: undefined });
  expect(await readdir(directory)).toEqual([]);
  await lastValueFrom(store.delete(byName), { defaultValue: undefined });
});
