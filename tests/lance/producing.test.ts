import { uncompressSync } from 'lz4-napi';
import { firstValueFrom, from, interval, map, mergeMap, range, toArray } from 'rxjs';
import { ConnectionError } from '../../src/codecs/lance/errors.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { SluiceError } from '../../src/foundation/errors.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { checksum, eventually, expectNothingUnhandled, finished, payloads, QUICK } from './scene.js';
import { ScriptedServer, tlv, withServer } from './scene.js';

expectNothingUnhandled();

/** How a send ended: with its batch id, or with what is known of it. */
const fateOf = (error: unknown): unknown => (error instanceof SluiceError ? error.context['outcome'] : error);

describe('producing over sockets', () => {
  it('batches of 4 MiB: every byte arrives, in order', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      const sent = payloads(20_000, (i) => 500 + (i % 1000));
      const receipts = await finished(
        client
          .sink<Uint8Array>('log', { batchSize: 5 << 20 })(sent)
          .pipe(toArray()),
      );
      const largest = Math.max(...(receipts ?? []).map(({ bytes }) => bytes));
      expect(largest).toBeGreaterThan(4 << 20);
      const { records } = decodeRecords(server.read('log'));
      expect(checksum(records.map(({ value }) => value))).toBe(checksum(sent));
    });
  });

  it('what a burst sends is a few batches, and each record knows its own', async () => {
    await withServer(
      async ({ server }) => {
        server.createTopic('log');
        const producer = new Producer({ port: server.port, reconnect: QUICK });
        await finished(producer.connect());
        const ids = await finished(
          range(0, 5_000).pipe(
            mergeMap((i) => producer.send(1, `${i}`)),
            toArray(),
          ),
        );
        expect(ids).toHaveLength(5_000);
        expect(producer.metrics()).toMatchObject({ records: 5_000, errors: 0, bufferedBytes: 0, inFlight: 0 });
        // The first record alone, then all others.
        expect(producer.metrics().batches).toBe(2);
        expect(decodeRecords(server.read('log')).records.map(({ value }) => Buffer.from(value).toString())).toEqual(
          Array.from({ length: 5_000 }, (_, i) => `${i}`),
        );
        await finished(producer.close());
      },
      { ackDelayMs: 5 },
    );
  });

  it('a server that is gone: what was in flight is unknown, what waited was not sent', async () => {
    await withServer(
      async ({ server }) => {
        server.createTopic('log');
        const producer = new Producer({ port: server.port, reconnect: { ...QUICK, maxAttempts: 2 } });
        await finished(producer.connect());
        const fates = ['a', 'b', 'c'].map((text) => finished(producer.send(1, text)).catch(fateOf));
        await eventually(() => server.counters.bytesIngested > 0);
        await finished(server.stop());
        expect(await Promise.all(fates)).toEqual(['unknown', 'not sent', 'not sent']);
        await expect(finished(producer.send(1, 'd'))).rejects.toBeInstanceOf(ConnectionError);
        expect(producer.isHealthy).toBe(false);
      },
      { ackDelayMs: 60_000 },
    );
  });

  it('a server that says nothing: keepalives notice, without a record', async () => {
    const silent = new ScriptedServer(() => {});
    const port = await silent.listen();
    const producer = new Producer({ port, keepaliveIntervalMs: 10, requestTimeoutMs: 20 });
    // Producer.connect() asks nothing of the server: it is there.
    await finished(producer.connect());
    await eventually(() => silent.sockets.size === 1);
    const { detail } = await firstValueFrom(
      producer.status$.pipe(mergeMap((status) => (status.state === 'disconnected' ? [status] : []))),
    );
    expect(detail).toBe('no answer to a keepalive within 20 ms');
    await finished(producer.close());
    await silent.close();
  });

  it('close at its deadline, though the server is silent', async () => {
    const silent = new ScriptedServer((socket) => socket.resume());
    const producer = new Producer({ port: await silent.listen() });
    const fate = finished(producer.send(1, 'a')).catch(fateOf);
    await finished(producer.close({ deadlineMs: 30 }));
    expect(await fate).toBe('unknown');
    await eventually(() => silent.sockets.size === 0);
    await silent.close();
  });

  it('small batches over a widened connection', async () => {
    await withServer(async ({ server }) => {
      server.createTopic('log');
      const producer = new Producer({ port: server.port, widenRound: true, maxPendingAcks: 64 });
      const sent = payloads(2_000, () => 1_000);
      const ids = await finished(
        from(sent).pipe(
          mergeMap((bytes) => producer.sendBatch(1, [bytes])),
          toArray(),
        ),
      );
      expect(ids).toEqual(sent.map((_, i) => BigInt(i + 1)));
      expect(Buffer.from(server.read('log')).equals(tlv(sent))).toBe(true);
      expect(server.counters.brokenFrames).toBe(0);
      await finished(producer.close());
    });
  });

  it('compressed batches are stored as they came', async () => {
    await withServer(async ({ server }) => {
      server.createTopic('log');
      const producer = new Producer({ port: server.port, compression: true });
      const sent = payloads(1_000, () => 100);
      await finished(producer.sendBatch(1, sent));
      const block = server.read('log');
      expect(block.length).toBeLessThan(tlv(sent).length / 2);
      const prefixed = Buffer.concat([Buffer.alloc(4), block]);
      prefixed.writeUInt32LE(tlv(sent).length);
      expect(Buffer.from(uncompressSync(prefixed)).equals(tlv(sent))).toBe(true);
      await finished(producer.close());
    });
  });

  it('client.close() ends a sink: its async generator is told, and what was acknowledged is there', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      let isOver = false;
      async function* endless(): AsyncGenerator<string> {
        try {
          for (let i = 0; ; i++) yield await Promise.resolve(`${i}`);
        } finally {
          isOver = true;
        }
      }
      let written = 0;
      const ended = finished(
        client
          .sink<string>('log')(endless())
          .pipe(map(({ records }) => (written += records))),
      ).catch((error: unknown) => error);
      await eventually(() => written > 1_000);
      await finished(client.close());
      expect(await ended).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      await eventually(() => isOver);
      const { records } = decodeRecords(server.read('log'));
      expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(
        Array.from({ length: written }, (_, i) => `${i}`),
      );
    });
  });

  it.each(['iterable', 'async iterable that never waits'])(
    'an %s that is hard work lets others have their turn',
    async (kind) => {
      await withServer(async ({ server, client }) => {
        server.createTopic('log');
        let turns = 0;
        const isRunning = interval(0).subscribe(() => turns++);
        const turnsAt: number[] = [];
        const work = (): string => {
          const untilMs = performance.now() + 1;
          while (performance.now() < untilMs);
          turnsAt.push(turns);
          return 'x';
        };
        function* hard(): Generator<string> {
          for (let i = 0; i < 200; i++) yield work();
        }
        async function* async(): AsyncGenerator<string> {
          for (let i = 0; i < 200; i++) yield await Promise.resolve(work());
        }
        // Past the opening of the connection, and far below what may be buffered.
        await finished(client.sink<string>('log')(kind === 'iterable' ? hard() : async()));
        isRunning.unsubscribe();
        // 200 ms of work in spells of 10 to 26 ms.
        expect(new Set(turnsAt).size).toBeGreaterThanOrEqual(7);
      });
    },
  );
});
