import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';
import type { OffsetKey } from '../../src/observables/lance/stores/offset-store.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
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
    await put('"offset": 7, _1.offset', '{"consumer": "\\"offset\\": 7, ", "topic_id": 1, "offset": 8}');
    expect(await load({ consumer: '"offset": 7, ', topicId: 1 })).toBe(8n);
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

  it('a file where the folder should be: an error that names the option, and the path once', async () => {
    await put('file', '');
    const folder = join(directory, 'file');
    store = new FileOffsetStore(folder);
    const path = join(folder, 'my-consumer_events.offset');
    const message = `offsetDir: ${path} can't be there, a part of that path is a file`;
    await expect(load(byName)).rejects.toMatchObject({ message, context: { path }, cause: { code: 'ENOTDIR' } });
    await expect(save(byName, 1n)).rejects.toMatchObject({ message, cause: { code: 'EEXIST' } });
    await expect(lastValueFrom(store.list())).rejects.toMatchObject({ message: message.replace(path, folder) });
  });

  it('what the system says of a file, without the path that it says again', async () => {
    const path = join(directory, 'my-consumer_events.offset');
    await mkdir(path);
    const message = `${path}: EISDIR: illegal operation on a directory, read`;
    await expect(load(byName)).rejects.toMatchObject({ message, cause: { code: 'EISDIR' } });
    await expect(save(byName, 1n)).rejects.toMatchObject({
      message: `${path}: EISDIR: illegal operation on a directory`,
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

  it('what a crash left half written, of any client, is neither read nor in the way', async () => {
    const litter = ['my-consumer_events.tmp', `my-consumer_events.offset.${randomUUID()}.tmp`];
    await save(byName, 5n);
    for (const name of litter) await put(name, '{"consumer": "my-con');
    expect(await load(byName)).toBe(5n);
    await save(byName, 6n);
    expect(await load(byName)).toBe(6n);
    expect(await lastValueFrom(store.list())).toEqual([{ ...byName, offset: 6n }]);
    expect(await readdir(directory)).toHaveLength(3);
  });

  it('a save that fails leaves nothing behind', async () => {
    await mkdir(join(directory, 'my-consumer_events.offset'));
    await expect(save(byName, 1n)).rejects.toBeInstanceOf(OffsetStoreError);
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
    await mkdir(join(directory, 'my-consumer_events.offset'));
    const failing = save(byName, 1n);
    const removing = lastValueFrom(store.delete(byName), { defaultValue: undefined });
    const loading = load(byName);
    await expect(failing).rejects.toBeInstanceOf(OffsetStoreError);
    await expect(removing).rejects.toBeInstanceOf(OffsetStoreError);
    await expect(loading).rejects.toBeInstanceOf(OffsetStoreError);
    await rm(join(directory, 'my-consumer_events.offset'), { recursive: true });
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

describe('a topic that was made anew is not the one of the position', () => {
  const made = { ...byName, createdAt: 1_700_000_000n };

  it('the time when it was made is kept beside what the other client reads', async () => {
    await save(made, 12345n);
    expect(await content('my-consumer_events.offset')).toBe(
      '{"consumer": "my-consumer", "topic_id": 1, "topic_name": "events", "offset": 12345, "created_at": 1700000000}',
    );
    expect(await load(made)).toBe(12345n);
  });

  it.each([
    ['of the same name and id', made, { ...made, createdAt: 1_700_000_001n }],
    ['of the same name and another id', made, { ...made, topicId: 2 }],
    ['of the same name and another id, with a position of lnc-client', byName, { ...made, topicId: 2 }],
    ['of the same id', { ...byId, createdAt: 5n }, { ...byId, createdAt: 6n }],
  ])('%s', async (_, before, now) => {
    await save(before, 77n);
    store = new FileOffsetStore(directory);
    const error: unknown = await load(now).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StalePositionError);
    expect(error).toBeInstanceOf(OffsetStoreError);
    expect(error).toMatchObject({
      code: 'LANCE_STALE_POSITION',
      retryable: false,
      message: expect.stringContaining('77') as string,
      context: { consumer: 'my-consumer', offset: 77n },
    });
    await lastValueFrom(store.delete(now), { defaultValue: undefined });
    expect(await load(now)).toBeUndefined();
    await save(now, 78n);
    expect(await load(now)).toBe(78n);
  });

  it('what does not say when its topic was made is believed', async () => {
    await save(byName, 5n);
    expect(await load(made)).toBe(5n);
    await save(made, 6n);
    expect(await load(byName)).toBe(6n);
  });
});

describe('a file holds the position of one consumer in one topic', () => {
  it('names that differ in separators only are not taken for each other', async () => {
    await save({ ...byName, consumer: 'a/b' }, 1n);
    await expect(load({ ...byName, consumer: 'a_b' })).rejects.toThrow('holds the position of "a/b" in topic "events"');
  });

  it('the topic "1" is not the topic with the id 1', async () => {
    await save({ consumer: 'c', topicId: 5, topicName: '1' }, 1n);
    await expect(load({ consumer: 'c', topicId: 1 })).rejects.toThrow('holds the position of "c" in topic "1"');
  });

  it('the position of the topic "7" is neither in the way of the topic with the id 7, nor removed with it', async () => {
    const seven = { consumer: 'c', topicId: 5, topicName: '7' };
    const events = { consumer: 'c', topicId: 7, topicName: 'events' };
    await save(seven, 1n);
    expect(await load(events)).toBeUndefined();
    await save(events, 2n);
    await lastValueFrom(store.delete(events), { defaultValue: undefined });
    expect(await load(seven)).toBe(1n);
    expect(await load(events)).toBeUndefined();
  });

  it('a name may be as long as that of a file', async () => {
    const key = { consumer: 'c'.repeat(255 - '_1.offset'.length), topicId: 1 };
    await save(key, 1n);
    expect(await load(key)).toBe(1n);
  });

  it('no name leads out of the folder', async () => {
    await save({ consumer: '../x', topicId: 1, topicName: '../../y' }, 1n);
    expect(await readdir(directory)).toEqual(['.._x_.._.._y.offset']);
  });
});

describe('list', () => {
  it('says whose positions there are', async () => {
    const stored = [
      { consumer: 'a/b', topicId: 3, topicName: 'events', createdAt: 9n, offset: 1n },
      { consumer: 'my-consumer', topicId: 1, offset: 2n ** 64n - 1n },
      { consumer: 'my-consumer', topicId: 1, topicName: 'events', offset: 0n },
    ];
    expect(await lastValueFrom(store.list())).toEqual([]);
    for (const { offset, ...key } of stored) await save(key, offset);
    await put('notes.txt', 'not one of them');
    expect(await lastValueFrom(store.list())).toEqual(stored);
    await lastValueFrom(store.delete({ consumer: 'a/b', topicId: 3, topicName: 'events' }), {
      defaultValue: undefined,
    });
    expect(await lastValueFrom(store.list())).toEqual(stored.slice(1));
  });

  it.each([
    ['x_1.offset', '{"consumer": "x"', 'holds no offset'],
    ['x_1.offset', '{"offset": 5}', 'does not say whose position it holds'],
  ])('errors naming what it can not read', async (name, text, message) => {
    await put(name, text);
    await expect(lastValueFrom(store.list())).rejects.toThrow(`${join(directory, name)} ${message}`);
  });
});

describe('several writers of one position', () => {
  it('two stores in one process take turns, however their folder is called', async () => {
    const other = new FileOffsetStore(relative(process.cwd(), directory));
    const saves = Array.from({ length: 40 }, (_, i) =>
      lastValueFrom((i % 2 === 0 ? store : other).save(byName, BigInt(i))),
    );
    await Promise.all(saves);
    expect(await load(byName)).toBe(39n);
  });

  it('two processes never show each other, or leave behind, half a position', async () => {
    const script = `
      import { lastValueFrom } from 'rxjs';
      import { FileOffsetStore } from ${JSON.stringify(join(process.cwd(), 'src/observables/lance/stores/file-offset-store.ts'))};
      const store = new FileOffsetStore(${JSON.stringify(directory)});
      const key = { consumer: 'my-consumer', topicId: 1, topicName: 'events' };
      for (let i = 0; i < 60; i++) {
        // Of different lengths, so that one over the other would be seen.
        await lastValueFrom(store.save(key, i % 2 === 0 ? BigInt(i) : 10n ** 18n + BigInt(i)));
        const offset = await lastValueFrom(store.load(key));
        if (offset >= 60n && offset < 10n ** 18n) throw new Error('read ' + offset);
      }`;
    const codes = await Promise.all(
      [1, 2].map(async () => {
        const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        const said: Buffer[] = [];
        child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
        const code = await new Promise((resolve) => child.on('close', resolve));
        return code === 0 ? 0 : Buffer.concat(said).toString();
      }),
    );
    expect(codes).toEqual([0, 0]);
    expect(await load(byName)).toBe(10n ** 18n + 59n);
    expect(await readdir(directory)).toEqual(['my-consumer_events.offset']);
  }, 60_000);
});
