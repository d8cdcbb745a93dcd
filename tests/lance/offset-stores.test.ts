import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defer, delay, lastValueFrom, map, type Observable, of, tap, timer, toArray } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';
import { LockFileOffsetStore } from '../../src/observables/lance/stores/lock-file-offset-store.js';
import { HookedOffsetStore, type OffsetCommit } from '../../src/observables/lance/stores/hooked-offset-store.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { OffsetStoreError } from '../../src/observables/lance/stores/offset-store-error.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import { finished, withServer } from './scene.js';

/** Nothing is written there: what is refused comes before. */
const nowhere = '/nowhere/positions';
const key = { consumer: 'my-consumer', topicId: 1, topicName: 'events' };

describe('MemoryOffsetStore', () => {
  it('keeps a position per consumer and topic, and lists them', async () => {
    const store = new MemoryOffsetStore();
    const byId = { consumer: 'my-consumer', topicId: 1 };
    expect(await finished(store.load(key))).toBeUndefined();
    await finished(store.save(key, 5n));
    await finished(store.save(byId, 6n));
    await finished(store.save(key, 7n));
    expect(await finished(store.load(key))).toBe(7n);
    expect(await finished(store.load(byId))).toBe(6n);
    expect(await finished(store.list())).toEqual([
      { ...key, offset: 7n },
      { ...byId, offset: 6n },
    ]);
    await finished(store.delete(key));
    expect(await finished(store.list())).toEqual([{ ...byId, offset: 6n }]);
  });

  it('does not take a topic that was made anew for the one before', async () => {
    const store = new MemoryOffsetStore();
    await finished(store.save({ ...key, createdAt: 1n }, 5n));
    expect(await finished(store.load({ ...key, createdAt: 1n }))).toBe(5n);
    await expect(finished(store.load({ ...key, createdAt: 2n }))).rejects.toBeInstanceOf(StalePositionError);
    await expect(finished(store.load({ ...key, topicId: 2 }))).rejects.toBeInstanceOf(StalePositionError);
  });
});

describe('HookedOffsetStore', () => {
  it('tells its hooks of each position that was stored, and of the one before', async () => {
    const inner = new MemoryOffsetStore();
    await finished(inner.save(key, 3n));
    const commits: OffsetCommit[] = [];
    const store = new HookedOffsetStore(inner, (commit) => commits.push(commit));
    await finished(store.save(key, 5n));
    await finished(store.save(key, 9n));
    expect(await finished(store.load(key))).toBe(9n);
    await finished(store.delete(key));
    await finished(store.save(key, 1n));
    await finished(inner.save(key, 2n));
    expect(await finished(store.load(key))).toBe(2n);
    await finished(store.save(key, 4n));
    const timeMs = expect.any(Number) as number;
    const common = { ...key, consumerId: 18044035401257023742n, timeMs };
    expect(commits).toEqual([
      // Nobody has asked for the 3 that was there.
      { ...common, offset: 5n, previousOffset: undefined },
      { ...common, offset: 9n, previousOffset: 5n },
      { ...common, offset: 1n, previousOffset: undefined },
      { ...common, offset: 4n, previousOffset: 2n },
    ]);
    expect(await finished(store.list())).toEqual([{ ...key, offset: 4n }]);
  });

  it('the time is that of the clock on the wall, which may be set', () => {
    const date = jest.spyOn(clock, 'date').mockReturnValue(7);
    const times: number[] = [];
    const hooked = new HookedOffsetStore(new MemoryOffsetStore(), ({ timeMs }) => times.push(timeMs));
    hooked.save({ consumer: 'a', topicId: 1 }, 5n).subscribe();
    date.mockRestore();
    expect(times).toEqual([7]);
  });

  it('each hook waits for the one before it, and the save for all of them', async () => {
    const log: string[] = [];
    const store = new HookedOffsetStore(
      new MemoryOffsetStore(),
      () => timer(5).pipe(tap(() => log.push('an Observable'))),
      async () => {
        await lastValueFrom(timer(1));
        log.push('a promise');
      },
      () => log.push('at once'),
    );
    expect(log).toEqual([]);
    await finished(store.save(key, 1n));
    expect(log).toEqual(['an Observable', 'a promise', 'at once']);
  });

  it('all are told, also behind one that fails; then the save fails, though the position is stored', async () => {
    const told: bigint[] = [];
    const store = new HookedOffsetStore(
      new MemoryOffsetStore(),
      () => {
        throw new TypeError('no table');
      },
      async () => {
        throw new RangeError('no room');
      },
      ({ offset }) => told.push(offset),
    );
    const error: unknown = await finished(store.save(key, 5n)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OffsetStoreError);
    expect(error).toMatchObject({
      message: 'the position 5 of "my-consumer" is stored, but a hook failed: no table',
      cause: new TypeError('no table'),
      context: { errors: [new TypeError('no table'), new RangeError('no room')] },
    });
    expect(told).toEqual([5n]);
    expect(await finished(store.load(key))).toBe(5n);
  });

  it('nobody is told of what was not stored', async () => {
    const told: OffsetCommit[] = [];
    const inner = {
      load: () => [7n],
      save: async () => {
        throw new Error('disk full');
      },
      delete: () => [],
    };
    const store = new HookedOffsetStore(inner, (commit) => told.push(commit));
    await finished(store.load(key));
    await expect(finished(store.save(key, 5n))).rejects.toThrow('disk full');
    expect(told).toEqual([]);
    await expect(finished(store.list())).rejects.toBeInstanceOf(OffsetStoreError);
  });

  it('is cold, and waits for a store that takes its time', async () => {
    const log: string[] = [];
    const inner = {
      load: () => of(1n),
      save: () =>
        of(undefined).pipe(
          delay(2),
          tap(() => log.push('stored')),
        ),
      delete: () => [],
    };
    const saving = new HookedOffsetStore(inner, () => log.push('told')).save(key, 5n);
    expect(log).toEqual([]);
    await finished(saving);
    await finished(saving);
    expect(log).toEqual(['stored', 'told', 'stored', 'told']);
  });

  it.each<[string, unknown, unknown[]]>([
    ['offsetStore', undefined, []],
    ['offsetStore', '/var/lib/offsets', []],
    ['hooks', new MemoryOffsetStore(), ['log']],
    ['hooks', new MemoryOffsetStore(), [() => {}, [() => {}]]],
  ])('%s must be what they are said to be', (option, store, hooks) => {
    let error: unknown;
    try {
      new HookedOffsetStore(store as never, ...(hooks as never[]));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).context['option']).toBe(option);
  });
});

describe('folders', () => {
  it.each([
    ['FileOffsetStore', FileOffsetStore],
    ['LockFileOffsetStore', LockFileOffsetStore],
  ])('list of %s is cold: the folder is read for each subscription, and for nobody else', async (_name, Store) => {
    const folder = await mkdtemp(join(tmpdir(), 'positions-'));
    const store = new Store(folder);
    const listed = store.list();
    await finished(store.save(key, 5n));
    expect(await finished(listed)).toMatchObject([{ offset: 5n }]);
    await finished(store.save(key, 6n));
    expect(await finished(listed)).toMatchObject([{ offset: 6n }]);
    await rm(folder, { recursive: true });
  });

  it.each([FileOffsetStore, LockFileOffsetStore])('must be paths: %p', (Store) => {
    for (const folder of ['', undefined, 5, null]) expect(() => new Store(folder as never)).toThrow(InvalidOptionError);
    // Not the working directory, which is what an empty path would mean.
    expect(() => new LanceClient({ offsetDir: '' })).toThrow(InvalidOptionError);
  });
});

describe('what is no position is refused before it is stored', () => {
  const stores = [new MemoryOffsetStore(), new FileOffsetStore(nowhere), new LockFileOffsetStore(nowhere)];

  it.each([undefined, null, 5, '5', -1n, 2n ** 64n, {}])('%p', async (offset) => {
    for (const store of stores) {
      const saving = finished(defer(() => store.save(key, offset as never)));
      await expect(saving).rejects.toThrow(/^offset: must be a bigint from 0 to 2\^64 - 1, got /);
      await expect(finished(store.load(key))).resolves.toBeUndefined();
    }
  });

  it.each([
    ['key', undefined],
    ['key', 'my-consumer'],
    ['key.consumer', { topicId: 1 }],
    ['key.consumer', { consumer: 5, topicId: 1 }],
    ['key.topicId', { consumer: 'me' }],
    ['key.topicId', { consumer: 'me', topicId: 'events' }],
    ['key.topicId', { consumer: 'me', topicId: 1.5 }],
  ])('and what is wrong of whose it is: %s of %j', async (option, wrong) => {
    const given = wrong as never;
    for (const store of stores) {
      for (const call of [() => store.save(given, 5n), () => store.load(given), () => store.delete(given)]) {
        const calling = lastValueFrom(defer((): Observable<unknown> => call()));
        await expect(calling).rejects.toBeInstanceOf(InvalidOptionError);
        await expect(calling).rejects.toMatchObject({ context: { option } });
      }
    }
  });
});

describe('what a store of your own gives for a position', () => {
  const read = (client: LanceClient, position: unknown): Promise<string[] | undefined> => {
    const offsetStore = { load: () => [position as bigint], save: () => [], delete: () => [] };
    const stream = client.consume('events', { name: 'me', until: 'end', offsetStore });
    return finished(
      stream.pipe(
        autoAck(),
        records(),
        map((record) => record.text()),
        toArray(),
      ),
    );
  };

  it('is a bigint or a number; what can only be compared with one is refused, as it would be the beginning', async () => {
    await withServer(async ({ client }) => {
      await finished(client.createTopic('events'));
      await finished(client.sink('events')(['one', 'two']));
      for (const position of [8n, 8]) await expect(read(client, position)).resolves.toEqual(['two']);
      await expect(read(client, undefined)).resolves.toEqual(['one', 'two']);
      for (const position of [null, '', '8', true, [8n], 1.5, Number.NaN, -1, -1n, 2n ** 53n]) {
        const reading = read(client, position);
        await expect(reading).rejects.toBeInstanceOf(OffsetStoreError);
        await expect(reading).rejects.toThrow(`the stored position ${String(position)} is none`);
      }
    });
  });
});
