import { from, map, mergeMap, take, timer } from 'rxjs';
import { json } from '../../src/codecs/payload/json.js';
import { text } from '../../src/codecs/payload/text.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { eventually, expectNothingUnhandled, finished, numbers, withServer } from './scene.js';

expectNothingUnhandled();

describe.each([
  ['v1-32', 'sdk', 'documented'],
  ['v1-32', 'sdk', 'server'],
  ['v1-32', 'server', 'documented'],
  ['v1-32', 'server', 'server'],
  ['v2-table', 'sdk', 'documented'],
  ['v2-table', 'server', 'server'],
] as const)('over a socket, %s, bodies %s, semantics %s', (protocol, bodies, semantics) => {
  it('keys and values, small and large', async () => {
    await withServer(
      async ({ newClient }) => {
        const { kv } = newClient({ protocol });
        const large = Buffer.alloc(protocol === 'v1-32' ? 3 << 20 : 250_000, 'x');
        const { version } = (await finished(kv.put('user:123', 'John Doe')))!;
        expect(version).toBe(1n);
        await finished(kv.put('large', large));
        expect(Buffer.from((await finished(kv.get('user:123')))!).toString()).toBe('John Doe');
        expect(Buffer.compare((await finished(kv.get('large')))!, large)).toBe(0);
        expect(await finished(kv.delete('large'))).toBe(true);
        expect(await finished(kv.get('large'))).toBeUndefined();
        const waiting = finished(kv.get('later', { waitMs: 5_000, codec: json<{ ok: boolean }>() }));
        await finished(kv.put('later', { ok: true }, { codec: json() }));
        expect(await waiting).toEqual({ ok: true });
      },
      { bodies, semantics },
    );
  });

  it('every message of a queue is worked on once, by two clients', async () => {
    await withServer(
      async ({ server, newClient }) => {
        const sent = numbers(500);
        const producer = newClient({ protocol });
        const done: string[] = [];
        const streams = [1, 2].map(() =>
          newClient({ protocol }).queue.messages('tasks', { codec: text(), window: { deliveries: 16 }, blockMs: 100 }),
        );
        const working = streams.map((stream) =>
          stream
            .pipe(work((value) => timer(Number(value) % 3).pipe(map(() => value)), { concurrency: 8 }))
            .subscribe((value) => done.push(value)),
        );
        await finished(from(sent).pipe(mergeMap((value) => producer.queue.enqueue('tasks', value), 50)));
        await eventually(() => done.length >= 500, 20_000);
        const reports = await Promise.all(streams.map((stream) => finished(stream.drain())));
        for (const each of working) expect(each.closed).toBe(true);
        expect(done.toSorted((a, b) => Number(a) - Number(b))).toEqual(sent);
        expect(reports.reduce((sum, report) => sum + report!.acked, 0)).toBe(500);
        expect(server.queue('tasks')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 });
      },
      { bodies, semantics },
    );
  });
});

describe('over a socket', () => {
  it('failures are retried, then dead-lettered; the dead can be listed', async () => {
    await withServer(async ({ client, server }) => {
      await finished(from(numbers(20)).pipe(mergeMap((value) => client.queue.enqueue('q', value))));
      const stream = client.queue.messages('q', { codec: text(), blockMs: 100 });
      const tries = new Map<string, number>();
      const done: string[] = [];
      stream
        .pipe(
          work(
            async (value) => {
              tries.set(value, (tries.get(value) ?? 0) + 1);
              if (Number(value) % 5 === 0) throw new Error('no');
              return value;
            },
            { concurrency: 4, onError: { retry: { maxAttempts: 3, initialMs: 1, maxMs: 2 }, then: 'dead' } },
          ),
        )
        .subscribe((value) => done.push(value));
      await eventually(() => done.length === 16 && server.queue('q').dead === 4);
      expect([0, 5, 10, 15].map((value) => tries.get(String(value)))).toEqual([3, 3, 3, 3]);
      const dead = await finished(client.queue.dlqList('q'));
      expect(dead!.messages.map(({ payload }) => Buffer.from(payload).toString()).toSorted()).toEqual([
        '0',
        '10',
        '15',
        '5',
      ]);
      expect(await finished(stream.drain())).toEqual({
        delivered: 20,
        acked: 16,
        nacked: 0,
        dead: 4,
        abandoned: 0,
        late: 0,
      });
    });
  });

  it('a message that can not be decoded goes to the dead letters without a retry', async () => {
    await withServer(async ({ client, server }) => {
      await finished(client.queue.enqueue('q', 'no json'));
      await finished(client.queue.enqueue('q', '{"n":1}'));
      const stream = client.queue.messages('q', { codec: json<{ n: number }>(), blockMs: 100 });
      const seen = await finished(
        stream.pipe(
          work(({ n }) => n),
          take(1),
        ),
      );
      expect(seen).toBe(1);
      await eventually(() => stream.fate().acked === 1);
      expect(stream.fate()).toMatchObject({ delivered: 2, acked: 1, dead: 1 });
      expect(server.queue('q').dead).toBe(1);
    });
  });

  it('closing gives back what is unsettled, and what a last poll brings', async () => {
    await withServer(async ({ newClient, server }) => {
      const client = newClient();
      const stream = client.queue.messages('q', { blockMs: 300 });
      const kept: unknown[] = [];
      stream.subscribe((delivery) => kept.push(delivery));
      await finished(newClient().queue.enqueue('q', 'a'));
      await eventually(() => kept.length === 1);
      const report = finished(client.close({ deadlineMs: 20 }));
      expect(await report).toMatchObject({ delivered: 1, abandoned: 1 });
      await eventually(() => server.queue('q').ready === 1 && server.counters.connections.open === 1);
    });
  });

  it('a client closes at the end of its `await using`', async () => {
    await withServer(async ({ server, newClient }) => {
      const client = newClient();
      expect(await finished(client.ping())).toBe('PONG');
      // What `await using` does; the parser of the import rule does not know the syntax yet.
      await client[Symbol.asyncDispose]();
      await eventually(() => server.counters.connections.open === 0);
    });
  });

  it('a client that has done its work keeps no process alive: the connection closes when idle', async () => {
    await withServer(async ({ server, client }) => {
      await finished(client.kv.put('a', 'b'));
      expect(server.counters.connections.open).toBe(1);
      await eventually(() => server.counters.connections.open === 0, 3_000);
    });
  });
});
