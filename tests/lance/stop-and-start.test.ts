import { from, map, mergeMap, takeWhile, tap, timer, toArray } from 'rxjs';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { randomFrom } from './random.js';
import {
  checksum,
  cuttingProxy,
  eventually,
  finished,
  payloads,
  QUICK,
  tlv,
  expectNothingUnhandled,
  withServer,
} from './scene.js';

expectNothingUnhandled();

describe('stop() and start() of the server', () => {
  it('in the middle of a consume: every record, once while the stream lives; watermark and sums right', async () => {
    await withServer(async ({ server, newClient }) => {
      const sent = payloads(2000, (i) => 50 + (i % 90));
      server.append('log', tlv(sent));
      const store = new MemoryOffsetStore();
      const stream = newClient().consume('log', {
        name: 'reader',
        until: 'end',
        maxFetchBytes: 2000,
        offsetStore: store,
        commitCount: 5,
        commitIntervalMs: 10,
      });
      const seen: Uint8Array[] = [];
      let ended = false;
      const reading = finished(
        stream.pipe(
          work((batch) => timer(batch.length % 4).pipe(map(() => [...batch].map((record) => record.copy()))), {
            concurrency: 3,
          }),
          tap((copies) => seen.push(...copies)),
        ),
      ).then(() => (ended = true));
      for (const at of [100, 500, 900, 1300, 1700]) {
        await eventually(() => seen.length >= at);
        await finished(server.stop());
        await finished(timer(5));
        await finished(server.start());
      }
      await reading;
      expect(ended).toBe(true);
      const inOrder = seen.toSorted((a, b) => Buffer.from(a).readUInt32LE() - Buffer.from(b).readUInt32LE());
      expect(checksum(inOrder)).toBe(checksum(sent));
      const { delivered, acked, abandoned } = stream.fate();
      expect([acked, abandoned]).toEqual([delivered, 0]);
      const key = { consumer: 'reader', topicId: 1, topicName: 'log' };
      expect(await finished(store.load(key) as never)).toBe(BigInt(server.topic('log')!.byteLength));
    });
  });

  it('in the middle of a produce: every record at least once, in order', async () => {
    await withServer(
      async ({ server, client }) => {
        server.createTopic('log');
        const sent = payloads(5000, () => 200);
        let acked = 0;
        const pouring = finished(
          client
            .sink<Uint8Array>('log', { batchSize: 4000 })(sent)
            .pipe(tap((receipt) => (acked += receipt.records))),
        );
        for (const at of [200, 1000, 2500, 4000]) {
          await eventually(() => acked >= at);
          await finished(server.stop());
          await finished(timer(5));
          await finished(server.start());
        }
        await pouring;
        expect(acked).toBe(5000);
        const stored = decodeRecords(server.read('log')).records.map(({ value }) => value);
        const first = new Map(stored.map((value) => [Buffer.from(value).readUInt32LE(), value]));
        expect(checksum(first.values())).toBe(checksum(sent));
      },
      { ackDelayMs: 1 },
    );
  });

  it('in the middle of both, through a producer: acknowledged is stored', async () => {
    await withServer(async ({ server, newClient }) => {
      server.createTopic('log');
      const producer = new Producer({ port: server.port, reconnect: QUICK });
      const sent = payloads(3000, () => 100);
      const received = new Set<number>();
      const reading = finished(
        newClient()
          .consume('log', { maxFetchBytes: 3000 })
          .pipe(
            records(),
            tap((delivery) => {
              received.add(Buffer.from(delivery.value.bytes()).readUInt32LE());
              delivery.ack();
            }),
            takeWhile(() => received.size < 3000),
          ),
      );
      let acked = 0;
      const producing = finished(
        from(sent).pipe(
          mergeMap((payload) => producer.send('log', payload), 500),
          tap(() => acked++),
          toArray(),
        ),
      );
      for (const at of [100, 1000, 2000]) {
        await eventually(() => acked >= at);
        await finished(server.stop());
        await finished(server.start());
      }
      const ids = await producing;
      await reading;
      expect(ids).toHaveLength(3000);
      expect(received.size).toBe(3000);
      await finished(producer.close());
    });
  });
});

describe('connections that end anywhere', () => {
  it.each([1, 2, 3])('consume: nothing is lost, nothing is made up (seed %i)', async (seed) => {
    await withServer(async ({ server, newClient }) => {
      const sent = payloads(1000, (i) => (i * 37) % 300);
      server.append('log', tlv(sent));
      const random = randomFrom(seed);
      const proxy = cuttingProxy(server.port, (connection) =>
        connection < 40 ? Math.floor(random() * 12_000) : Infinity,
      );
      const client = newClient({ port: await proxy.listen() });
      const seen = await finished(
        client.consume('log', { until: 'end', maxFetchBytes: 5000 }).pipe(
          tap((delivery) => delivery.ack()),
          mergeMap(({ value }) => [...value].map((record) => record.copy())),
          toArray(),
        ),
      );
      expect(checksum(seen ?? [])).toBe(checksum(sent));
      expect(proxy.connections).toBeGreaterThan(10);
      await proxy.close();
    });
  });

  it.each([1, 2, 3])('produce: at least once, in order, nothing half (seed %i)', async (seed) => {
    await withServer(async ({ server, newClient }) => {
      server.createTopic('log');
      const sent = payloads(1000, (i) => (i * 37) % 300);
      const random = randomFrom(seed);
      const proxy = cuttingProxy(server.port, (connection) =>
        connection < 40 ? Math.floor(random() * 12_000) : Infinity,
      );
      const client = newClient({ port: await proxy.listen() });
      await finished(client.sink<Uint8Array>('log', { batchSize: 3000 })(sent));
      const { records: stored, end } = decodeRecords(server.read('log'));
      expect(end).toBe(server.topic('log')?.byteLength);
      const first = new Map(stored.map(({ value }) => [Buffer.from(value).readUInt32LE(), value]));
      expect(checksum(first.values())).toBe(checksum(sent));
      expect(proxy.connections).toBeGreaterThan(10);
      await proxy.close();
    });
  });
});
