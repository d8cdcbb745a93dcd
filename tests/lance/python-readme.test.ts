import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  catchError,
  concat,
  concatMap,
  EMPTY,
  endWith,
  expand,
  ignoreElements,
  of,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import {
  AccessDeniedError,
  BackpressureError,
  ClientConfig,
  ConnectionError,
  FileOffsetStore,
  InvalidFrameError,
  LanceClient,
  LanceError,
  MemoryOffsetStore,
  NotLeaderError,
  Producer,
  ProducerConfig,
  SeekPosition,
  ServerCatchingUpError,
  StandaloneConfig,
  StandaloneConsumer,
  TlvRecord,
  TopicNotFoundError,
} from '../../src/lance.js';
import { finished, payloads, tlv, withServer } from './scene.js';

// What a user of the Python client has, chapter by chapter of its README, written with this library.

const bytes = (text: string): Uint8Array => Buffer.from(text);
const texts = (records: readonly TlvRecord[] = []): string[] =>
  records.map(({ value }) => Buffer.from(value).toString());

describe('chapters of the README of the Python client', () => {
  it('topic management', async () => {
    await withServer(async ({ server }) => {
      const client = new LanceClient(new ClientConfig({ host: '127.0.0.1', port: server.port }));
      const said: unknown[] = [];
      const say = tap((value: unknown) => said.push(value));
      await finished(
        client.createTopic('my-events').pipe(
          concatMap(({ id }) =>
            concat(
              client.createTopicWithRetention('logs', { maxAgeMs: 7 * 86_400_000, maxBytes: 1024 ** 3 }),
              client.listTopics(),
              client.getTopic(id),
              client.setRetention(id, { maxAgeMs: 86_400_000 }),
              client.deleteTopic(id),
              client.ping(),
              client.close(),
            ),
          ),
          say,
        ),
      );
      expect(said).toMatchObject([
        { name: 'logs', retention: { maxAgeMs: 604_800_000, maxBytes: 1_073_741_824n } },
        [{ name: 'my-events' }, { name: 'logs' }],
        { id: 1, name: 'my-events' },
        { maxAgeMs: 86_400_000, maxBytes: undefined },
        1,
        expect.any(Number),
        { delivered: 0 },
      ]);
    });
  });

  it('producer', async () => {
    await withServer(async ({ server }) => {
      server.createTopic('events');
      const config = new ProducerConfig()
        .withBatchSize(64 * 1024)
        .withLingerMs(10)
        .withCompression(false);
      const ids = await finished(
        Producer.connect(`127.0.0.1:${server.port}`, config).pipe(
          concatMap((producer) =>
            concat(
              producer.send(1, bytes('{"price": 6942.25}')),
              producer.sendAsync(1, bytes('fire and forget')),
              producer.sendBatch(1, [TlvRecord.json(bytes('{"a":1}')), TlvRecord.json(bytes('{"b":2}'))]),
              producer.flush().pipe(ignoreElements()),
              producer.close().pipe(ignoreElements()),
            ),
          ),
          toArray(),
        ),
      );
      expect(ids).toEqual([1n, 2n, 3n]);
      expect(server.counters.frames.ingest).toBe(3);
    });
  });

  it('consumer: polls, prints, commits, until there is nothing more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
    await withServer(async ({ server }) => {
      const sent = payloads(500, () => 100);
      server.append('events', tlv(sent));
      const config = new StandaloneConfig('my-consumer', { topicId: 1 })
        .withStartPosition(SeekPosition.BEGINNING)
        .withOffsetDir(directory)
        .withMaxFetchBytes(10_000)
        .withPollTimeout(5_000);
      const read = (consumer: StandaloneConsumer, got: TlvRecord[]) =>
        consumer.poll().pipe(
          expand((result) => {
            if (result === undefined) return EMPTY;
            got.push(...result.records);
            return consumer.commit().pipe(concatMap(() => consumer.poll()));
          }),
          ignoreElements(),
        );
      const got: TlvRecord[] = [];
      for (const count of [500, 500]) {
        await finished(
          StandaloneConsumer.connect(`127.0.0.1:${server.port}`, config).pipe(
            concatMap((consumer) => concat(read(consumer, got), consumer.close())),
          ),
        );
        // The second time everything is committed.
        expect(got).toHaveLength(count);
      }
      expect(got.map(({ value }) => Buffer.from(value))).toEqual(sent);
      expect(new Set(got.map(({ recordType }) => recordType))).toEqual(new Set([1]));
    });
    rmSync(directory, { recursive: true });
  });

  it('seek operations', async () => {
    await withServer(async ({ server }) => {
      server.append('events', tlv([bytes('a'), bytes('b')]));
      const config = new StandaloneConfig('my-consumer', { topicId: 1, pollTimeoutMs: 5_000 });
      const seen = await finished(
        StandaloneConsumer.connect(`127.0.0.1:${server.port}`, config).pipe(
          concatMap((consumer) =>
            concat(
              consumer.seek(6),
              consumer.poll(),
              consumer.seekTo(SeekPosition.BEGINNING),
              consumer.seekTo(SeekPosition.END),
              consumer.poll(),
              consumer.seekTo(SeekPosition.offset(6)),
              consumer.rewind(),
              consumer.poll(),
              consumer.close().pipe(ignoreElements()),
            ),
          ),
          toArray(),
        ),
      );
      const shown = seen?.map((value) => (typeof value === 'bigint' ? value : texts(value?.records)));
      expect(shown).toEqual([6n, ['b'], 0n, 12n, [], 6n, 0n, ['a', 'b']]);
    });
  });

  it('low-level client', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('events');
      const me = { consumerId: 42 };
      const answers = await finished(
        concat(
          client.subscribe(1, { ...me, startOffset: 0, maxBatchBytes: 65_536 }),
          client.commitOffset(1, { ...me, offset: 1024 }),
          client.unsubscribe(1, me),
        ).pipe(toArray()),
      );
      expect(answers).toEqual([{ consumerId: 42n, startOffset: 0n }, { consumerId: 42n, offset: 1024n }, undefined]);
    });
  });

  it('offset persistence', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
    await withServer(async ({ server }) => {
      server.append('events', tlv([bytes('a')]));
      const address = `127.0.0.1:${server.port}`;
      const config = new StandaloneConfig('my-consumer', { topicId: 1, pollTimeoutMs: 5_000 }).withOffsetDir(directory);
      for (const offsetStore of [new FileOffsetStore(directory), new MemoryOffsetStore()]) {
        const once = StandaloneConsumer.connect(address, config, { offsetStore }).pipe(
          concatMap((consumer) =>
            consumer
              .poll()
              .pipe(
                concatMap((result) =>
                  concat(consumer.rewind(), consumer.commit(), consumer.close()).pipe(
                    ignoreElements(),
                    endWith(result),
                  ),
                ),
              ),
          ),
        );
        expect(texts((await finished(once))?.records)).toEqual(['a']);
      }
      await finished(
        StandaloneConsumer.connect(address, config).pipe(
          concatMap((consumer) => concat(consumer.poll(), consumer.commit(), consumer.close())),
        ),
      );
      const resumed = StandaloneConsumer.connect(address, config);
      const consumer = await finished(resumed);
      expect(consumer?.position).toBe(6n);
      await finished(consumer!.close());
    });
    rmSync(directory, { recursive: true });
  });

  it('record types', () => {
    const all = [
      TlvRecord.raw(bytes('binary data')),
      TlvRecord.json(bytes('{"key": "value"}')),
      TlvRecord.keyValue('my-key', bytes('my-value')),
      TlvRecord.timestamped(1_706_918_400_000_000_000n, bytes('event data')),
      TlvRecord.null(),
    ];
    expect(all.map(({ recordType }) => recordType)).toEqual([0x01, 0x02, 0x10, 0x11, 0xff]);
    const { key, value } = all[2]!.asKeyValue();
    expect([key, Buffer.from(value).toString()]).toEqual(['my-key', 'my-value']);
    const { timestampNs, value: data } = all[3]!.asTimestamped();
    expect([timestampNs, Buffer.from(data).toString()]).toEqual([1_706_918_400_000_000_000n, 'event data']);
  });

  it.each([
    ['NOT_LEADER: redirect to 127.0.0.1:2000', 'redirect to leader: 127.0.0.1:2000'],
    ['Authentication required', 'access denied'],
    ['Topic 99 not found', 'no such topic'],
    ['FORWARD_FAILED: no leader', 'transient, retrying'],
    ['something else', 'failed: LANCE_SERVER'],
  ])('error handling: %s', async (words, expected) => {
    await withServer(async ({ server, newClient }) => {
      server.faults.failNextCommands(100, words);
      const said = await finished(
        newClient({ maxRedirects: 0 })
          .getTopic(99)
          .pipe(
            catchError((error: unknown) => {
              if (error instanceof NotLeaderError) return of(`redirect to leader: ${error.leaderAddr}`);
              if (error instanceof ServerCatchingUpError) return of(`server at offset ${error.serverOffset}`);
              if (error instanceof TopicNotFoundError) return of('no such topic');
              if (error instanceof AccessDeniedError) return of('access denied');
              if (error instanceof BackpressureError) return of('slow down');
              if (error instanceof InvalidFrameError) return of('not a frame');
              if (error instanceof ConnectionError) return of('connection lost');
              if (error instanceof LanceError) {
                return of(error.isRetryable() ? 'transient, retrying' : `failed: ${error.code}`);
              }
              return throwError(() => error);
            }),
          ),
      );
      expect(said).toBe(expected);
    });
  });
});
