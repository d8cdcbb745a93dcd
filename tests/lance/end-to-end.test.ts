import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delay, firstValueFrom, from, map, mergeMap, takeWhile, tap, toArray } from 'rxjs';
import { ConnectionError, TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { raw } from '../../src/codecs/payload/raw.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { randomFrom } from './random.js';
import { checksum, eventually, finished, payloads, QUICK, tlv, expectNothingUnhandled, withServer } from './scene.js';

expectNothingUnhandled();

const readAll = (client: LanceClient, topic: string, options = {}): Promise<Uint8Array[] | undefined> =>
  finished(
    client.consume(topic, { until: 'end', ...options }).pipe(
      autoAck(),
      records(),
      map((record) => record.copy()),
      toArray(),
    ),
  );

describe('produce and consume', () => {
  it('contents survive, whatever the sizes and cuts', async () => {
    await withServer(async ({ server, client }) => {
      await finished(client.createTopic('log'));
      const random = randomFrom(1);
      const sent = payloads(5000, () => Math.floor(random() ** 4 * 20_000));
      const receipts = await finished(client.sink<Uint8Array>('log', { codec: raw() })(sent).pipe(toArray()));
      expect(receipts?.reduce((sum, { records: count }) => sum + count, 0)).toBe(5000);
      const expected = checksum(sent);
      for (const maxFetchBytes of [7919, 65_537, 1 << 20]) {
        expect(checksum((await readAll(client, 'log', { maxFetchBytes })) ?? [])).toBe(expected);
      }
      expect(server.counters.brokenFrames).toBe(0);
    });
  });

  it('two connections, one topic each way at once', async () => {
    await withServer(async ({ client, newClient }) => {
      await finished(client.createTopic('there'));
      await finished(client.createTopic('back'));
      const sent = payloads(2000, (i) => i % 700);
      // What comes out of one topic goes into the other while it is still being filled.
      const mirror = newClient();
      const mirrored = mirror.sink<Uint8Array>('back')(
        mirror.consume('there').pipe(
          autoAck(),
          records(),
          map((record) => record.copy()),
          takeWhile((bytes) => Buffer.from(bytes).readUInt32LE() < 1999, true),
        ),
      );
      await Promise.all([finished(mirrored), finished(client.sink<Uint8Array>('there')(sent))]);
      expect(checksum((await readAll(client, 'back')) ?? [])).toBe(checksum(sent));
    });
  });

  it('records of 16 MiB', async () => {
    await withServer(async ({ client }) => {
      await finished(client.createTopic('log'));
      const sent = [Buffer.alloc(5, 1), Buffer.alloc(16 * 1024 * 1024 - 5, 2), Buffer.alloc(7, 3)];
      await finished(client.sink<Uint8Array>('log')(sent));
      expect(checksum((await readAll(client, 'log')) ?? [])).toBe(checksum(sent));
    });
  });

  it('an async generator is a source; it is asked no faster than it is acknowledged', async () => {
    await withServer(
      async ({ client, server }) => {
        await finished(client.createTopic('log'));
        let made = 0;
        let ended = false;
        async function* source(): AsyncGenerator<Uint8Array> {
          try {
            for (const payload of payloads(400, () => 995)) {
              made++;
              yield await Promise.resolve(payload);
            }
          } finally {
            ended = true;
          }
        }
        let most = 0;
        const receipts = client
          .sink<Uint8Array>('log', { batchSize: 10_000, maxPendingAcks: 2 })(source())
          .pipe(tap(() => (most = Math.max(most, made - server.counters.bytesIngested / 1000))));
        await finished(receipts);
        expect([made, ended]).toEqual([400, true]);
        expect(most).toBeGreaterThan(0);
        expect(most).toBeLessThanOrEqual(30);
      },
      { ackDelayMs: 3 },
    );
  });

  it('a promise is a source of one', async () => {
    await withServer(async ({ client, server }) => {
      await finished(client.createTopic('log'));
      await finished(client.sink<string>('log')(Promise.resolve('later')));
      expect(Buffer.from(server.read('log')).equals(tlv([Buffer.from('later')]))).toBe(true);
      await expect(finished(client.sink<string>('log')(Promise.reject(new Error('never'))))).rejects.toThrow('never');
    });
  });

  it('an async generator that throws ends its sink', async () => {
    await withServer(async ({ client }) => {
      await finished(client.createTopic('log'));
      async function* source(): AsyncGenerator<string> {
        yield await Promise.resolve('a');
        throw new Error('broken');
      }
      await expect(finished(client.sink<string>('log')(source()))).rejects.toThrow('broken');
    });
  });

  it('refused batches among good ones, pipelined: the errors overtake the acks, and find their own', async () => {
    await withServer(
      async ({ server }) => {
        server.createTopic('log');
        const producer = new Producer({ port: server.port, reconnect: QUICK, maxPendingAcks: 64 });
        await finished(producer.connect());
        const isBad = (i: number): boolean => i % 7 === 3 || i % 11 === 5;
        const fates = await finished(
          from(Array.from({ length: 300 }, (_, i) => i)).pipe(
            mergeMap((i) =>
              finished(producer.sendBatch(isBad(i) ? 99 : 1, [String(i).padStart(5, '0')])).then(
                () => [i, 'acked'] as const,
                (error: unknown) => [i, error instanceof TopicNotFoundError ? 'refused' : String(error)] as const,
              ),
            ),
            toArray(),
          ),
        );
        const wrong = fates?.filter(([i, fate]) => fate !== (isBad(i) ? 'refused' : 'acked'));
        expect(wrong).toEqual([]);
        const good = Array.from({ length: 300 }, (_, i) => i).filter((i) => !isBad(i));
        expect(server.read('log')).toHaveLength(good.length * 10);
        await finished(producer.close());
      },
      { ackDelayMs: 2 },
    );
  });

  it('positions in files: another client goes on where the last one stopped', async () => {
    const offsetDir = await mkdtemp(join(tmpdir(), 'lance-'));
    await withServer(async ({ server, newClient }) => {
      const sent = payloads(300, () => 95);
      server.append('log', tlv(sent));
      const seen: Uint8Array[] = [];
      for (const until of [100, 200, 300]) {
        const client = newClient({ offsetDir });
        const stream = client.consume('log', { name: 'reader', maxFetchBytes: 1000, window: { deliveries: 2 } });
        await firstValueFrom(
          stream.pipe(
            tap(({ value }) => {
              for (const record of value) seen.push(record.copy());
            }),
            tap((delivery) => delivery.ack()),
            takeWhile(() => seen.length < until),
            delay(1),
            takeWhile(() => seen.length < until),
            toArray(),
          ),
        );
        await finished(client.close());
      }
      expect(checksum(seen)).toBe(checksum(sent));
    });
    await rm(offsetDir, { recursive: true });
  });
});

describe('ending', () => {
  it('nothing is left open: no socket, no timer', async () => {
    await withServer(async ({ server, client }) => {
      server.append('log', tlv(payloads(10, () => 10)));
      await readAll(client, 'log');
      await finished(client.sink<string>('log')(['a', 'b']));
      await finished(client.ping());
      await client[Symbol.asyncDispose]();
      await expect(readAll(client, 'log')).rejects.toThrow('the client is closed');
      await eventually(() => server.counters.connections.open === 0);
    });
  });

  it('a producer that closes leaves no socket', async () => {
    await withServer(async ({ server }) => {
      server.createTopic('log');
      const producer = await firstValueFrom(Producer.connect(`127.0.0.1:${server.port}`));
      expect(await finished(producer.send('log', 'a'))).toBe(1n);
      await producer[Symbol.asyncDispose]();
      await eventually(() => server.counters.connections.open === 0);
    });
  });

  it('no server: commands, connect and Producer.connect say so', async () => {
    const client = new LanceClient({ port: 1 });
    await expect(finished(client.connect())).rejects.toBeInstanceOf(ConnectionError);
    await expect(finished(client.listTopics())).rejects.toMatchObject({ code: 'LANCE_CONNECTION', retryable: true });
    await expect(finished(Producer.connect('127.0.0.1:1'))).rejects.toBeInstanceOf(ConnectionError);
  });
});
