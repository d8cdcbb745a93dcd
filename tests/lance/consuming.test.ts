import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatMap, delay, filter, firstValueFrom, map, of, take, tap, toArray } from 'rxjs';
import { TruncatedError } from '../../src/observables/lance/consuming/truncated-error.js';
import { json } from '../../src/codecs/payload/json.js';
import { lz4 } from '../../src/codecs/payload/lz4.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { FileOffsetStore } from '../../src/observables/lance/stores/file-offset-store.js';
import { eventually, finished, withServer, expectNothingUnhandled, tlv } from './scene.js';

expectNothingUnhandled();

const bytesOf = (...texts: readonly string[]): Uint8Array => tlv(texts.map((text) => Buffer.from(text)));

describe('a bounded read with a name, over a socket', () => {
  it('stores the end when it completes, and the next one begins there, in another process too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-until-'));
    try {
      await withServer(async ({ server, newClient }) => {
        server.createTopic('log');
        const read = async (until: bigint | 'end'): Promise<string[] | undefined> => {
          const stream = newClient({ offsetStore: new FileOffsetStore(directory) }).consume('log', {
            name: 'job',
            until,
          });
          const texts = stream.pipe(
            autoAck(),
            records(),
            map((record) => record.text()),
            toArray(),
          );
          const all = await finished(texts);
          // What was settled last is stored by the time the drain reports.
          await finished(stream.drain());
          return all;
        };
        server.append('log', bytesOf('a', 'b', 'c'));
        // The end cuts the second record, which is completed.
        expect(await read(7n)).toEqual(['a', 'b']);
        expect(await read('end')).toEqual(['c']);
        expect(await read('end')).toEqual([]);
        server.append('log', bytesOf('d'));
        expect(await read('end')).toEqual(['d']);
      });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a tail over a socket', () => {
  it('two subscribers, one connection; slow ones hold it back, and lag$ says how far', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      const stream = client.tail('log', {
        window: { deliveries: 1, bytes: 1 << 20 },
        maxFetchBytes: 100,
        lagIntervalMs: 20,
      });
      const seen: [string[], string[]] = [[], []];
      const texts = stream.pipe(
        concatMap((delivery) => of(delivery).pipe(delay(5))),
        autoAck(),
        records(),
        map((record) => record.text()),
      );
      const lags: bigint[] = [];
      const subscriptions = [
        texts.subscribe((text) => seen[0].push(text)),
        texts.subscribe((text) => seen[1].push(text)),
        stream.lag$.subscribe((lag) => lags.push(lag)),
      ];
      await firstValueFrom(stream.position$);
      const expected = Array.from({ length: 100 }, (_, at) => `record ${at}`);
      server.append('log', bytesOf(...expected));
      await eventually(() => seen.every((all) => all.length === 100) && lags.at(-1) === 0n);
      expect(seen).toEqual([expected, expected]);
      expect(lags.some((lag) => lag > 100n)).toBe(true);
      expect(server.counters.connections.total).toBe(1);
      expect(stream.metrics()).toMatchObject({ records: 100, reconnects: 0 });
      for (const each of subscriptions) each.unsubscribe();
    });
  });
});

describe('deleted segments, over a socket', () => {
  it('a reader that was away: an error, or on from the beginning', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      const first = server.append('log', bytesOf('a'.repeat(125)));
      server.append('log', bytesOf('b'.repeat(95)));
      await finished(client.consume('log', { name: 'reader', until: 'end' }).pipe(autoAck()));
      server.append('log', bytesOf('c'.repeat(95), 'd'.repeat(95)));
      server.faults.trimTopic('log', first);
      const options = { name: 'reader', until: 'end' } as const;
      await expect(finished(client.consume('log', options))).rejects.toBeInstanceOf(TruncatedError);
      const texts = client.consume('log', { ...options, onTruncated: 'beginning' }).pipe(
        autoAck(),
        records(),
        map((record) => record.text()[0]),
        toArray(),
      );
      expect(await finished(texts)).toEqual(['b', 'c', 'd']);
    });
  });
});

describe('compressed values, over a socket', () => {
  it('written and read as JSON, with a window that their sum is held against', async () => {
    await withServer(async ({ client }) => {
      await finished(client.createTopic('log'));
      const codec = lz4(json<{ n: number; text: string }>());
      const values = Array.from({ length: 200 }, (_, n) => ({ n, text: 'long'.repeat(1_000) }));
      await finished(client.sink('log', { codec, batchSize: 2_000 })(values));
      const window = { deliveries: 8, bytes: 50_000 };
      const stream = client.consume('log', { codec, until: 'end', window, maxFetchBytes: 300 });
      let unsettled = 0;
      let most = 0;
      const read = stream.pipe(
        tap(({ value }) => {
          unsettled += value.length;
          most = Math.max(most, unsettled);
        }),
        concatMap((delivery) => of(delivery).pipe(delay(2))),
        map((delivery) => {
          unsettled -= delivery.value.length;
          const numbers = [...delivery.value].map((record) => record.value.n);
          delivery.ack();
          return numbers;
        }),
        toArray(),
      );
      expect((await finished(read))?.flat()).toEqual(values.map(({ n }) => n));
      // 4 KB each: without their sum, 8 deliveries of 300 bytes would have brought four times as many.
      expect(most).toBeGreaterThan(5);
      expect(most).toBeLessThanOrEqual(12);
    });
  });
});

describe('a tail that nobody reads on', () => {
  it('take(1) ends the session', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      server.append('log', bytesOf('a'));
      const stream = client.tail('log', { from: 'beginning' });
      const one = stream.pipe(
        filter(({ value }) => value.length > 0),
        take(1),
        map(({ value }) => value.text(0)),
      );
      expect(await finished(one)).toBe('a');
      await eventually(() => server.counters.connections.open === 0);
    });
  });
});
