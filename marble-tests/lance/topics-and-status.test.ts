import { take, tap } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, TopicAlreadyExistsError } from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles } from '../../src/testing.js';

const topic = (id: number, name: string): object => ({ id, name, createdAt: expect.any(BigInt), topicEpoch: 1n });

describe('topics$', () => {
  it('the list at once, by rising id, then whenever it has changed', () => {
    marbles(({ expectObservable, lance, cold }) => {
      const { client, server } = lance();
      server.createTopic('one');
      cold('7s a 10s b 10s c').subscribe((what) => {
        if (what === 'a') server.createTopic('two');
        else if (what === 'b') client.deleteTopic(1).subscribe();
        else client.createTopic('three').subscribe();
      });
      expectObservable(client.topics$, '^ 35s !').toBe('40ms a 10079ms b 10079ms c 10079ms d', {
        a: [topic(1, 'one')],
        b: [topic(1, 'one'), topic(2, 'two')],
        c: [topic(2, 'two')],
        d: [topic(2, 'two'), topic(3, 'three')],
      });
    });
  });

  it('asks only while somebody is subscribed, once for all; who comes later gets the list at once', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance({ client: { topicsIntervalMs: 1_000 } });
      server.createTopic('one');
      yield 5_000;
      expect(wire.connectedAtMs).toEqual([]);
      const first = watch(client.topics$);
      yield 500;
      const second = watch(client.topics$);
      expect([first.values.length, second.values.length]).toEqual([1, 1]);
      first.unsubscribe();
      yield 2_000;
      second.unsubscribe();
      const asked = wire.commands(Command.ListTopics).length;
      expect(asked).toBe(3);
      yield 10_000;
      expect(wire.commands(Command.ListTopics)).toHaveLength(asked);
      const anew = watch(client.topics$.pipe(take(1)));
      yield 100;
      expect(anew.values).toEqual([[topic(1, 'one')]]);
    });
  });

  it('a topic that was made anew under the same id, or is called otherwise, is a change', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { topicsIntervalMs: 10_000 } });
      const anew = (name: string): void => {
        watch(rig.client.deleteTopic(1)).subscription.add(() => {
          // As after a restart: the id of the deleted newest topic is given to the next one.
          rig.stop();
          rig.start();
          rig.server.createTopic(name);
        });
      };
      rig.server.createTopic('log');
      const seen = watch(rig.client.topics$);
      yield 5_000;
      anew('log');
      yield 10_000;
      anew('other');
      yield 30_000;
      seen.unsubscribe();
      expect(seen.values.map(([{ id, name, createdAt } = {} as never]) => [id, name, createdAt])).toEqual([
        [1, 'log', 0n],
        [1, 'log', 5n],
        [1, 'other', 15n],
      ]);
    });
  });

  it('a server that is away is waited for, with the pauses of reconnects', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { topicsIntervalMs: 1_000 } });
      const seen = watch(rig.client.topics$);
      yield 500;
      rig.stop();
      yield 2_000;
      rig.server.createTopic('one');
      rig.start();
      yield 2_000;
      expect(seen.ended).toBeUndefined();
      expect(seen.values).toEqual([[], [topic(1, 'one')]]);
      seen.unsubscribe();
    });
  });

  it('an answer ends the count of attempts', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ client: { topicsIntervalMs: 1_000, reconnect: { jitter: 'none', maxAttempts: 1 } } });
      const seen = watch(rig.client.topics$);
      for (let i = 0; i < 3; i++) {
        yield 500;
        rig.server.faults.failNextCommands(1, 'Rate limit exceeded', Command.ListTopics);
        yield 2_000;
      }
      expect(seen.ended).toBeUndefined();
      seen.unsubscribe();
    });
  });

  it('errors when there have been enough attempts, or when another would be no better', () => {
    marbles(function* ({ lance, watch }) {
      const away = lance({ client: { reconnect: { jitter: 'none', maxAttempts: 2 } } });
      away.stop();
      const never = watch(away.client.topics$);
      const closed = lance({ auth: { tokens: ['t'], enforceAll: true } });
      const refused = watch(closed.client.topics$);
      yield 1_000;
      expect(never.error).toBeInstanceOf(ConnectionError);
      expect(away.wire.connectedAtMs).toHaveLength(3);
      expect(refused.error).toMatchObject({ code: 'LANCE_ACCESS_DENIED' });
    });
  });

  it.each([0, 10, 30, 50, 100])('completes when the client is closed after %i ms, and errors afterwards', (ms) => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance();
      const seen = watch(client.topics$);
      yield ms;
      watch(client.close());
      const late = watch(client.topics$);
      expect(seen.ended).toBe('complete');
      yield 10_000;
      expect(late.error).toMatchObject({ message: 'the client is closed', retryable: false });
      expect(wire.commands(Command.ListTopics)).toHaveLength(ms < 20 ? 0 : 1);
    });
  });

  it.each([0, 9, 1.5, Number.NaN])('topicsIntervalMs: %p is refused', (topicsIntervalMs) => {
    expect(() => new LanceClient({ topicsIntervalMs })).toThrow(InvalidOptionError);
  });
});

describe('status$', () => {
  it('says how the client stands to its server, and since when', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance();
      const { client } = rig;
      const seen = watch(client.status$);
      expect(seen.values).toEqual([{ state: 'idle', sinceMs: 0, address: 'memory', detail: '' }]);
      yield 10;
      watch(client.ping());
      yield 1_500;
      rig.append('log', 'a');
      const read = watch(client.consume('log').pipe(autoAck()));
      yield 490;
      rig.stop();
      yield 1_000;
      rig.start();
      yield 1_000;
      read.unsubscribe();
      yield 500;
      watch(client.close());
      yield 1;
      expect(seen.values.map(({ state, sinceMs }) => [state, sinceMs])).toEqual([
        ['idle', 0],
        ['connecting', 10],
        ['connected', 30],
        ['idle', 1010],
        ['connecting', 1510],
        ['connected', 1530],
        ['reconnecting', 2010],
        ['reconnecting', 2010],
        ['connected', 3590],
        ['idle', 4000],
        ['closed', 4500],
      ]);
      expect(seen.values[6]?.detail).toContain('ECONNRESET');
      expect(seen.values[7]?.detail).toContain('ECONNREFUSED');
      expect(seen.ended).toBe('complete');
    });
  });

  it('says that the client is closed before it completes, also to the one who closes it', () => {
    marbles(function* ({ lance, watch }) {
      const { client } = lance();
      const seen = watch(client.status$.pipe(tap(({ state }) => state === 'idle' && client.close().subscribe())));
      yield 10;
      expect(seen.values.map(({ state }) => state)).toEqual(['idle', 'closed']);
      expect(seen.ended).toBe('complete');
    });
  });

  it('costs nothing: nobody is asked for it', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance();
      const seen = watch(client.status$);
      yield 60_000;
      expect(wire.events).toEqual([]);
      seen.unsubscribe();
    });
  });

  it('whoever is told may use the client: it is told on a turn of its own', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance();
      const pings: unknown[] = [];
      client.status$.subscribe(({ state }) => {
        if (state === 'connecting') client.ping().subscribe((ms) => pings.push(ms));
      });
      watch(client.ping());
      yield 100;
      expect(pings).toEqual([20]);
      expect(wire.connectedAtMs).toEqual([0]);
      watch(client.close());
      yield 1;
    });
  });
});

describe('ensureTopic', () => {
  it('is given up when the client is closed, in a pause as well', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance({ client: { reconnect: { jitter: 'none', initialMs: 500 } } });
      server.faults.failNextCommands(1, 'Rate limit exceeded', Command.CreateTopic);
      const seen = watch(client.ensureTopic('one'));
      yield 100;
      watch(client.close());
      yield 2_000;
      expect(seen.error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      expect(wire.connectedAtMs).toEqual([0]);
    });
  });

  it('what fails for a passing reason is tried again', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire } = lance();
      server.faults.failNextCommands(2, 'Failed to replicate topic creation: Lost leadership', Command.CreateTopic);
      const seen = watch(client.ensureTopic('one'));
      yield 1_000;
      expect(seen.values).toEqual([topic(1, 'one')]);
      // Pauses of 100 and 200 ms.
      expect(wire.commands(Command.CreateTopic).map(({ atMs }) => atMs)).toEqual([20, 140, 360]);
    });
  });

  it('a create whose answer was lost finds the topic that it made', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance({ client: { requestTimeoutMs: 500 } });
      server.faults.swallowNextReplies(1);
      const seen = watch(client.ensureTopic('one'));
      yield 450;
      server.faults.dropConnections();
      yield 500;
      expect(seen.values).toEqual([topic(1, 'one')]);
      expect(server.topics).toHaveLength(1);
    });
  });

  it('a topic that another client makes at the same moment is taken, whatever the server says of it', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      server.createTopic('one');
      server.faults.failNextCommands(1, "Configuration error: Topic 'one' already exists", Command.CreateTopic);
      const seen = watch(client.ensureTopic('one'));
      yield 100;
      expect(seen.error).toBeUndefined();
      expect(seen.values).toEqual([topic(1, 'one')]);
    });
  });

  it('for requestTimeoutMs, or reconnect.maxAttempts; other errors at once; never after it was left', () => {
    marbles(function* ({ lance, watch }) {
      const long = lance({ client: { requestTimeoutMs: 1_000 } });
      const short = lance({ client: { reconnect: { jitter: 'none', maxAttempts: 1 } } });
      const never = lance({ client: { reconnect: { maxAttempts: 0 } } });
      const left = lance();
      for (const rig of [long, short, never, left]) rig.stop();
      const [a, b, c, d] = [long, short, never, left].map(({ client }) => watch(client.ensureTopic('one')));
      const refused = lance();
      refused.server.faults.failNextCommands(1, 'Invalid client command', Command.CreateTopic);
      const e = watch(refused.client.ensureTopic('one'));
      yield 150;
      d?.unsubscribe();
      yield 5_000;
      for (const seen of [a, b, c]) expect(seen?.error).toBeInstanceOf(ConnectionError);
      expect(long.wire.connectedAtMs).toEqual([0, 120, 340, 760]);
      expect(short.wire.connectedAtMs).toEqual([0, 120]);
      expect(never.wire.connectedAtMs).toEqual([0]);
      expect(left.wire.connectedAtMs).toEqual([0, 120]);
      expect(e.error).toMatchObject({ code: 'LANCE_PROTOCOL' });
      expect(e.endedAtMs).toBe(40);
    });
  });

  it('for dead letters: given up with the client, however long it would try', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server, wire, append } = lance();
      append('log', 'a');
      server.faults.failNextCommands(100, 'Failed to replicate topic creation: quorum', Command.CreateTopic);
      const doomed = client.consume('log', { deadLetters: { topic: 'dead' } });
      watch(doomed.pipe(tap((delivery) => void delivery.dead())));
      yield 1_000;
      watch(client.close({ deadlineMs: 10 }));
      yield 20;
      const asked = wire.commands(Command.CreateTopic).length;
      expect(asked).toBeGreaterThan(2);
      yield 60_000;
      expect(wire.commands(Command.CreateTopic)).toHaveLength(asked);
    });
  });

  it('createTopic is not tried again: a topic that is there is an error', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      server.createTopic('one');
      const seen = watch(client.createTopic('one'));
      yield 100;
      expect(seen.error).toBeInstanceOf(TopicAlreadyExistsError);
    });
  });
});
