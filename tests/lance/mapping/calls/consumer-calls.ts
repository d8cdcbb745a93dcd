import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PollResult } from '../../../../src/observables/lance/standalone/poll-result.js';
import { SeekPosition } from '../../../../src/observables/lance/standalone/seek-position.js';
import { StandaloneConsumer } from '../../../../src/observables/lance/standalone/standalone-consumer.js';
import { FileOffsetStore } from '../../../../src/observables/lance/stores/file-offset-store.js';
import { MemoryOffsetStore } from '../../../../src/observables/lance/stores/memory-offset-store.js';
import { put, text, valueOf, withConsumer, type Call, type Calls } from '../call.js';

const poll: Call = async (scene) => {
  await put(scene, 'a', 'bb');
  await withConsumer(scene, async (consumer) => {
    const result = await valueOf(consumer.poll());
    expect(result).toBeInstanceOf(PollResult);
    expect(result!.records.map(({ recordType, value }) => [recordType, text(value)])).toEqual([
      [1, 'a'],
      [1, 'bb'],
    ]);
    expect([result!.startOffset, result!.endOffset, result!.lag]).toEqual([0n, 13n, 0n]);
    expect(await valueOf(consumer.poll({ timeoutMs: 1_000 }))).toBeUndefined();
  });
};

const lag: Call = async (scene) => {
  await put(scene, 'a', 'b', 'c');
  const options = { maxFetchBytes: 8 };
  await withConsumer(
    scene,
    async (consumer) => {
      const results = [await valueOf(consumer.poll()), await valueOf(consumer.poll()), await valueOf(consumer.poll())];
      expect(results.map((result) => result?.lag)).toEqual([12n, 6n, 0n]);
    },
    options,
  );
};

const seek: Call = async (scene) => {
  await put(scene, 'a', 'b', 'c');
  await withConsumer(scene, async (consumer) => {
    const firstAt = async (): Promise<string | undefined> => {
      const result = await valueOf(consumer.poll());
      return result === undefined ? undefined : text(result.records[0]!.value);
    };
    expect(await valueOf(consumer.seek(12n))).toBe(12n);
    expect(await firstAt()).toBe('c');
    expect(await valueOf(consumer.seekTo(SeekPosition.BEGINNING))).toBe(0n);
    expect(await firstAt()).toBe('a');
    expect(await valueOf(consumer.seekTo(SeekPosition.END))).toBe(18n);
    expect(await firstAt()).toBeUndefined();
    expect(await valueOf(consumer.seekTo(SeekPosition.offset(6)))).toBe(6n);
    expect(await firstAt()).toBe('b');
    expect(await valueOf(consumer.rewind())).toBe(0n);
    expect(await firstAt()).toBe('a');
  });
};

/** Commits with one consumer; another one goes on there. */
const commitWith = async (scene: Parameters<Call>[0], options: object): Promise<void> => {
  await put(scene, 'a', 'b');
  await withConsumer(
    scene,
    async (consumer) => {
      await valueOf(consumer.poll());
      expect(await valueOf(consumer.commit())).toBe(12n);
    },
    options,
  );
  await put(scene, 'c');
  await withConsumer(
    scene,
    async (consumer) => {
      expect(consumer.position).toBe(12n);
      expect((await valueOf(consumer.poll()))!.records.map(({ value }) => text(value))).toEqual(['c']);
    },
    options,
  );
};

export const consumerCalls: Calls = {
  StandaloneConsumer: poll,
  'StandaloneConsumer.connect': async ({ address, topic: topicName }) => {
    const consumer = await valueOf(StandaloneConsumer.connect(address, { consumerName: 'me', topicName }));
    expect(consumer.position).toBe(0n);
    await valueOf(consumer.close());
  },
  'StandaloneConsumer.connect(offset_store)': async ({ address, id: topicId }) => {
    const offsetStore = new MemoryOffsetStore();
    await valueOf(offsetStore.save({ consumer: 'me', topicId }, 0n));
    const config = { consumerName: 'me', topicId, startPosition: 5n, offsetDir: '/nowhere/that/exists' };
    const consumer = await valueOf(StandaloneConsumer.connect(address, config, { offsetStore }));
    expect(consumer.position).toBe(0n);
    await valueOf(consumer.close());
  },
  'StandaloneConsumer.poll': poll,
  'StandaloneConsumer.commit': async (scene) => commitWith(scene, { offsetStore: new MemoryOffsetStore() }),
  'StandaloneConsumer.seek': seek,
  'StandaloneConsumer.seek_to': seek,
  'StandaloneConsumer.rewind': seek,
  'PollResult.records': poll,
  'PollResult.end_offset': poll,
  'PollResult.lag': lag,
  SeekPosition: seek,
  'SeekPosition.BEGINNING': seek,
  'SeekPosition.END': seek,
  'SeekPosition.offset': seek,
  MemoryOffsetStore: async (scene) => commitWith(scene, { offsetStore: new MemoryOffsetStore() }),
  FileOffsetStore: async (scene) => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-mapping-'));
    try {
      await commitWith(scene, { offsetStore: new FileOffsetStore(directory) });
      const [file] = readdirSync(directory).filter((name) => name.endsWith('.offset'));
      expect(readFileSync(join(directory, file!), 'utf8')).toMatch(/^\{"consumer": "mapping", "topic_id": \d+, /);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
