import { from, map, mergeMap, timer } from 'rxjs';
import { text } from '../../src/codecs/payload/text.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { retryBackoff } from '../../src/observables/retry/retry-backoff.js';
import { randomFrom } from '../lance/random.js';
import { cuttingProxy, eventually, expectNothingUnhandled, finished, numbers, withServer } from './scene.js';

expectNothingUnhandled();

describe('stop() and start() of the server', () => {
  it('in the middle of work: every message at least once, the queue empty, sums right', async () => {
    await withServer(async ({ server, newClient }) => {
      const sent = numbers(600);
      for (const value of sent) server.enqueue('q', Buffer.from(value));
      const stream = newClient().queue.messages('q', {
        codec: text(),
        window: { deliveries: 16 },
        visibilityTimeoutMs: 400,
        blockMs: 100,
      });
      const done: string[] = [];
      const working = stream
        .pipe(work((value) => timer(Number(value) % 4).pipe(map(() => value)), { concurrency: 8 }))
        .subscribe((value) => done.push(value));
      for (const at of [50, 200, 350, 500]) {
        await eventually(() => done.length >= at, 20_000);
        await finished(server.stop());
        await finished(timer(20));
        await finished(server.start());
      }
      await eventually(() => {
        const { ready, leased } = server.queue('q');
        return ready + leased === 0;
      }, 20_000);
      const report = await finished(stream.drain());
      expect(working.closed).toBe(true);
      expect([...new Set(done)].toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
      const { delivered, acked, abandoned, nacked, dead } = report!;
      expect(acked + abandoned + nacked + dead).toBe(delivered);
      // Redelivered is only what was leased to a connection that broke.
      expect(delivered).toBeLessThan(700);
      expect(server.counters.queues.acked).toBe(600);
    });
  }, 60_000);

  it('commands are retried by those who want it', async () => {
    await withServer(async ({ server, client }) => {
      await finished(client.ping());
      await finished(server.stop());
      const put = finished(client.kv.put('key', 'value').pipe(retryBackoff({ initialMs: 5, maxMs: 20 })));
      await finished(timer(50));
      await finished(server.start());
      expect(await put).toEqual({ version: 1n });
    });
  });
});

describe('connections that are cut at any byte', () => {
  it.each([1, 2, 3])(
    'every message at least once, seed %i',
    async (seed) => {
      await withServer(async ({ server, newClient }) => {
        const random = randomFrom(seed);
        const proxy = cuttingProxy(server.port, (connection) =>
          connection < 25 ? Math.floor(random() * 3_000) : Number.POSITIVE_INFINITY,
        );
        const client = newClient({ timeoutMs: 300 }, await proxy.listen());
        try {
          const sent = numbers(200);
          for (const value of sent) server.enqueue('q', Buffer.from(value.padEnd(40)));
          const stream = client.queue.messages('q', { codec: text(), visibilityTimeoutMs: 300, blockMs: 50 });
          const done = new Set<string>();
          stream.pipe(work((value) => value.trim(), { concurrency: 4 })).subscribe((value) => done.add(value));
          await eventually(() => {
            const { ready, leased } = server.queue('q');
            return ready + leased === 0;
          }, 30_000);
          expect(proxy.connections).toBeGreaterThan(3);
          // What was given up after 5 deliveries on broken connections is among the dead.
          const dead = server.deadLetters('q').map(({ payload }) => Buffer.from(payload).toString().trim());
          expect(new Set([...done, ...dead]).size).toBe(sent.length);
          const { delivered, acked, abandoned, nacked, dead: died } = (await finished(stream.drain()))!;
          expect(acked + abandoned + nacked + died).toBe(delivered);
        } finally {
          await proxy.close();
        }
      });
    },
    60_000,
  );
});

describe('many commands at once', () => {
  it('10 000 enqueues over one connection, each with an answer of its own', async () => {
    await withServer(async ({ server, client }) => {
      const seqs = new Set<bigint>();
      await finished(
        from(numbers(10_000)).pipe(
          mergeMap((value) => client.queue.enqueue('q', value), 500),
          map((seq) => seqs.add(seq)),
        ),
      );
      expect(seqs.size).toBe(10_000);
      expect(server.queue('q').ready).toBe(10_000);
      expect(server.counters.connections.total).toBe(1);
    });
  });
});
