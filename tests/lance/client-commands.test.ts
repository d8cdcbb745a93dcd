import { lastValueFrom, take, toArray } from 'rxjs';
import { AccessDeniedError, NotLeaderError } from '../../src/codecs/lance/errors.js';
import { errorResponse } from '../../src/codecs/lance/replies.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { eventually, expectNothingUnhandled, finished, QUICK, ScriptedServer, tlv, withServer } from './scene.js';

expectNothingUnhandled();

const DAY_MS = 86_400_000;

describe('commands over a socket', () => {
  it('retention', async () => {
    await withServer(async ({ client }) => {
      const limits = { maxAgeMs: 7 * DAY_MS, maxBytes: 1024 ** 3 };
      expect(await finished(client.createTopicWithRetention('logs', limits))).toMatchObject({
        name: 'logs',
        retention: { maxAgeMs: 7 * DAY_MS, maxBytes: 1_073_741_824n },
      });
      expect(await finished(client.setRetention('logs', { maxBytes: 0n }))).toEqual({
        maxAgeMs: undefined,
        maxBytes: 0n,
      });
    });
  });

  it('subscribe, commitOffset, unsubscribe', async () => {
    await withServer(async ({ client, server }) => {
      server.createTopic('log');
      const consumerId = 2n ** 63n;
      expect(await finished(client.commitOffset('log', { consumerId, offset: 7 }))).toEqual({ consumerId, offset: 7n });
      expect(await finished(client.subscribe('log', { consumerId }))).toEqual({ consumerId, startOffset: 7n });
      expect(await finished(client.unsubscribe('log', { consumerId }))).toBeUndefined();
    });
  });

  it('clusterStatus', async () => {
    await withServer(async ({ client }) => {
      expect(await finished(client.clusterStatus())).toMatchObject({ isLeader: true, mode: 'standalone' });
    });
  });

  it('a hundred at once over four connections', async () => {
    await withServer(async ({ newClient, server }) => {
      const client = newClient({ commandConnections: 4 });
      server.createTopic('log');
      const all = Array.from({ length: 100 }, () => finished(client.getTopic(1)));
      expect((await Promise.all(all)).every((topic) => topic?.name === 'log')).toBe(true);
      expect(server.counters.connections.total).toBe(4);
      expect(client.metrics()).toMatchObject({ requests: 100, replies: 100, errors: 0, connections: { open: 4 } });
    });
  });

  it('topics$ and status$', async () => {
    await withServer(async ({ newClient }) => {
      const client = newClient({ topicsIntervalMs: 10 });
      const states = lastValueFrom(client.status$.pipe(toArray()));
      const lists = lastValueFrom(client.topics$.pipe(take(3), toArray()));
      await eventually(() => client.metrics().replies > 0);
      await finished(client.createTopic('one'));
      await eventually(() => client.metrics().replies > 4);
      await finished(client.createTopic('two'));
      expect((await lists).map((topics) => topics.map(({ name }) => name))).toEqual([[], ['one'], ['one', 'two']]);
      await finished(client.close());
      // On loopback a connection may be there before anyone can be told that it is being opened.
      const seen = (await states).map(({ state }) => state).filter((state) => state !== 'connecting');
      expect(seen).toEqual(['idle', 'connected', 'closed']);
    });
  });
});

describe('a token over a socket', () => {
  it('opens what is closed without it: commands, streams, sinks, producers', async () => {
    await withServer(
      async ({ client, newClient, server }) => {
        server.append('log', tlv([new Uint8Array([1])]));
        await expect(finished(client.listTopics())).rejects.toBeInstanceOf(AccessDeniedError);
        await expect(finished(client.authenticate('wrong'))).rejects.toBeInstanceOf(AccessDeniedError);
        await finished(client.authenticate('secret'));
        const options = { port: server.port, token: 'secret', reconnect: QUICK };
        const producer = new Producer(options);
        for (const each of [client, newClient(options)]) {
          await finished(each.listTopics());
          await finished(each.consume('log', { until: 'end' }).pipe(autoAck()));
          await finished(each.sink('log')(['b']));
        }
        await finished(producer.send('log', 'c'));
        await finished(producer.close());
        const intruder = newClient({ ...options, token: 'wrong' });
        await expect(finished(intruder.consume('log'))).rejects.toBeInstanceOf(AccessDeniedError);
      },
      { auth: { tokens: ['secret'], enforceAll: true } },
    );
  });
});

describe('a redirect over a socket', () => {
  /** A node that leaves everything to the leader. */
  async function follower(leader: string, test: (port: number, node: ScriptedServer) => Promise<void>): Promise<void> {
    const node = new ScriptedServer((socket) => {
      socket.on('data', () => socket.write(errorResponse(`NOT_LEADER: redirect to ${leader}`)));
    });
    const port = await node.listen();
    try {
      await test(port, node);
    } finally {
      await node.close();
    }
  }

  it('is followed by commands, streams, sinks and producers', async () => {
    await withServer(async ({ newClient, server }) => {
      await follower(server.address, async (port, node) => {
        const client = newClient({ port });
        await finished(client.createTopic('log'));
        await finished(client.sink('log')(['a', 'b']));
        const batches = await finished(client.consume('log', { until: 'end' }).pipe(autoAck(), toArray()));
        expect(batches?.reduce((sum, { length }) => sum + length, 0)).toBe(2);
        expect(node.connections).toBe(1);
        const producer = new Producer({ port, reconnect: QUICK });
        await finished(producer.send(1, 'c'));
        await finished(producer.close());
      });
    });
  });

  it('of an embedded follower, too: what it would forward goes to the leader, what it answers itself does not', async () => {
    await withServer(async ({ newClient, server }) => {
      const follower = new LanceServer({ cluster: { role: 'follower', leaderAddr: server.address } });
      await finished(follower.start());
      const client = newClient({ port: follower.port });
      expect(await finished(client.clusterStatus())).toMatchObject({ isLeader: false });
      expect(await finished(client.createTopic('log'))).toMatchObject({ id: 1, name: 'log' });
      await finished(client.sink('log')(['a']));
      expect(await finished(client.clusterStatus())).toMatchObject({ mode: 'standalone' });
      expect([follower.topics, server.topics].map(({ length }) => length)).toEqual([0, 1]);
      await finished(client.close());
      await finished(follower.stop());
    });
  });

  it('to a leader that is gone: the first node is asked again', async () => {
    const gone = new LanceServer();
    await finished(gone.start());
    await finished(gone.stop());
    await follower(gone.address, async (port, node) => {
      const client = new LanceClient({ port, maxRedirects: 2, reconnect: QUICK });
      await expect(finished(client.createTopic('log'))).rejects.toBeInstanceOf(NotLeaderError);
      // Thrice there, and twice to nobody.
      expect(node.connections).toBe(3);
      expect(client.metrics().connections).toMatchObject({ opened: 3, failed: 2 });
      await finished(client.close());
    });
  });
});
