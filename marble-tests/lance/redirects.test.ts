import { concat, ignoreElements, retry, timer } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import { ConnectionError, NotLeaderError } from '../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import type { LanceAddress, LanceClientOptions } from '../../src/observables/lance/connection/client-options.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { lancePeer, marbles } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import type { Connector } from '../../src/transports/channel.js';
import { storedIn } from './producing.js';

const to = (address: string): string => `NOT_LEADER: redirect to ${address}`;
const ALL = 1_000_000;
const EXACT = { jitter: 'none' } as const;

/** Nodes `a:1`, `b:1` … of a cluster that know the same topics, and options of clients that begin at the first. */
function cluster(...names: readonly string[]): { nodes: LanceRig[]; options: LanceClientOptions; asked: string[] } {
  const nodes = names.map((name) => {
    const node = lanceRig({ address: `${name}:1` });
    node.append('log', 'x', 'y');
    return node;
  });
  const asked: string[] = [];
  const connectorTo = ({ host, port }: LanceAddress): Connector => {
    asked.push(`${host} ${port}`);
    return nodes[names.indexOf(host)]!.connector();
  };
  return { nodes, asked, options: { host: names[0]!, port: 1, connectorTo, reconnect: EXACT } };
}

/** A node that is not the leader says so to what followers pass on; lists and keepalives it answers itself. */
function follows(node: LanceRig, leader: string): void {
  const passedOn = [Command.CreateTopic, Command.DeleteTopic, Command.SetRetention, Command.GetTopic, Command.Fetch];
  for (const command of passedOn) node.server.faults.failNextCommands(ALL, to(leader), command);
  node.server.faults.failNextIngests(ALL, to(leader));
}

describe('a server that names the leader', () => {
  it('commands go there, are sent again, and so is all that comes after', () => {
    marbles(function* ({ expectWire, watch }) {
      const { nodes, options, asked } = cluster('a', 'b');
      const [follower, leader] = nodes as [LanceRig, LanceRig];
      follows(follower, 'b:1');
      expectWire(follower.wire).toBe('C 19ms (oN) 16ms (eX)');
      expectWire(leader.wire).toBe('40ms C 19ms (oN) 16ms t 39ms D 19ms t 979ms X');
      const client = new LanceClient(options);
      const status = watch(client.status$);
      const made = watch(client.createTopic('new'));
      yield 120;
      expect(status.values.map(({ state, address }) => `${state} ${address}`)).toEqual([
        ...['idle a:1', 'connecting a:1', 'connected a:1', 'connecting b:1', 'connected b:1'],
      ]);
      expect(made.values).toMatchObject([{ name: 'new' }]);
      const gone = watch(client.deleteTopic(2));
      yield 2_000;
      expect(gone.values).toEqual([2]);
      expect(asked).toEqual(['a 1', 'b 1']);
      expect(client.metrics()).toMatchObject({ redirects: 1, requests: 3, replies: 2, errors: 1 });
    });
  });

  it('a stream goes there at once and reads on where it was', () => {
    marbles(function* ({ expectWire, watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [old, leader] = nodes as [LanceRig, LanceRig];
      expectWire(old.wire.only('C', 'L', 'F', 'f', 'e', 'X')).toBe('C 19ms L 19ms F 19ms (fF) 16ms (eX)', {
        F: { name: 'Fetch' },
      });
      expectWire(leader.wire.only('C', 'L', 'F')).toBe('80ms C 19ms L 19ms F 19ms G', {
        F: { name: 'Fetch', start: 12 },
        G: { name: 'Fetch', start: 18 },
      });
      const log = new LanceClient(options).consume('log', { maxFetchBytes: 12, prefetch: 1 });
      const seen = watch(log.pipe(autoAck(), records()));
      yield 65;
      follows(old, 'b:1');
      leader.append('log', 'z');
      yield 80;
      expect(seen.values.map((record) => record.text())).toEqual(['x', 'y', 'z']);
      seen.unsubscribe();
    });
  });

  it('a sink and a producer go there at once; nothing is written twice', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [follower, leader] = nodes as [LanceRig, LanceRig];
      follows(follower, 'b:1');
      const sunk = watch(new LanceClient(options).sink('log')(['1', '2']));
      const sent = watch(new Producer(options).send('log', '3'));
      yield 200;
      expect([sunk.ended, sent.ended]).toEqual(['complete', 'complete']);
      expect(storedIn(leader).sort()).toEqual(['1', '2', '3', 'x', 'y']);
      expect(storedIn(follower)).toEqual(['x', 'y']);
    });
  });

  it('what one of them has learnt, all of them know', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [follower, leader] = nodes as [LanceRig, LanceRig];
      follows(follower, 'b:1');
      const client = new LanceClient(options);
      watch(client.createTopic('new'));
      yield 100;
      const read = watch(client.consume('log', { until: 'end' }).pipe(autoAck(), ignoreElements()));
      yield 200;
      expect(read.ended).toBe('complete');
      expect(follower.wire.connectedAtMs).toEqual([0]);
      expect(leader.wire.connectedAtMs).toHaveLength(2);
      watch(client.close());
    });
  });

  it('a connection that heard of a leader late finds the one that is known by now', () => {
    marbles(function* ({ watch }) {
      const { nodes, options, asked } = cluster('a', 'b', 'c');
      const [a, b] = nodes as [LanceRig, LanceRig, LanceRig];
      const client = new LanceClient({ ...options, commandConnections: 2 });
      a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      a.server.faults.failNextCommands(1, to('c:1'), Command.DeleteTopic);
      const got = watch(client.getTopic(1));
      const gone = watch(client.deleteTopic(1));
      yield 200;
      expect([got.ended, gone.ended]).toEqual(['complete', 'complete']);
      expect(asked).toEqual(['a 1', 'b 1']);
      expect(b.server.topics).toEqual([]);
      expect(client.metrics().redirects).toBe(1);
    });
  });
});

describe('redirects that lead nowhere', () => {
  it('in a circle: a command follows maxRedirects, then says why', () => {
    marbles(function* ({ watch }) {
      const { nodes, options, asked } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      follows(a, 'b:1');
      follows(b, 'a:1');
      const seen = watch(new LanceClient({ ...options, maxRedirects: 3 }).getTopic(1));
      yield 1_000;
      expect(seen.error).toBeInstanceOf(NotLeaderError);
      expect(seen.error).toMatchObject({ leaderAddr: 'a:1', retryable: true });
      expect([a, b].map(({ wire }) => wire.commands(Command.GetTopic).length)).toEqual([2, 2]);
      // The way to the first server is known.
      expect(asked).toEqual(['a 1', 'b 1', 'b 1']);
    });
  });

  it.each([
    ['consume', (client: LanceClient) => client.consume('log').pipe(autoAck())],
    ['sink', (client: LanceClient) => client.sink('log')(['1'])],
  ] as const)('in a circle: %s errors after as many, although both list their topics', (_, run) => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      follows(a, 'b:1');
      follows(b, 'a:1');
      const client = new LanceClient({ ...options, maxRedirects: 3 });
      const seen = watch<unknown>(run(client));
      yield 2_000;
      expect(seen.error).toBeInstanceOf(NotLeaderError);
      expect(client.metrics().redirects).toBe(4);
    });
  });

  it('having given up ends the count: the next record is worth as many', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      follows(a, 'b:1');
      follows(b, 'a:1');
      const producer = new Producer({ ...options, maxRedirects: 1 });
      const first = watch(producer.send(1, '1'));
      yield 500;
      expect(first.error).toBeInstanceOf(NotLeaderError);
      b.server.faults.clear();
      const second = watch(producer.send(1, '2'));
      yield 500;
      expect(second.ended).toBe('complete');
    });
  });

  it('a success between them ends the count', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const client = new LanceClient({ ...options, maxRedirects: 1 });
      const seen = watch(client.consume('log').pipe(autoAck()));
      for (let i = 0; i < 6; i++) {
        yield 200;
        const [from, other] = i % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
        nodes[from === 'a' ? 0 : 1]!.server.faults.failNextCommands(1, to(`${other}:1`), Command.Fetch);
      }
      yield 200;
      expect(seen.ended).toBeUndefined();
      expect(client.metrics().redirects).toBe(6);
      seen.unsubscribe();
    });
  });

  it('to itself: tried again over the same connection, as often as allowed', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a');
      const [a] = nodes as [LanceRig];
      a.server.faults.failNextCommands(2, to('a:1'), Command.GetTopic);
      const seen = watch(new LanceClient(options).getTopic(1));
      yield 200;
      expect(seen.ended).toBe('complete');
      expect(a.wire.connectedAtMs).toEqual([0]);
    });
  });

  it('a leader that can not be reached: back to the first server', () => {
    marbles(function* ({ watch }) {
      const { nodes, options, asked } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      b.stop();
      a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      const seen = watch(new LanceClient(options).getTopic(1));
      yield 200;
      // Nothing was sent to the leader: the command may be sent to the first server again.
      expect(seen.ended).toBe('complete');
      expect(asked).toEqual(['a 1', 'b 1']);
    });
  });

  it('… also when the leader dies later, for streams, sinks and commands', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      a.server.faults.failNextCommands(1, to('b:1'), Command.Fetch);
      const client = new LanceClient(options);
      const seen = watch(client.consume('log').pipe(autoAck(), records()));
      yield 200;
      b.stop();
      a.append('log', 'z');
      yield 1_000;
      expect(seen.values.map((record) => record.text())).toEqual(['x', 'y', 'z']);
      const sunk = watch(client.sink('log')(['w']));
      const got = watch(client.getTopic('log'));
      yield 100;
      expect([sunk.ended, got.ended]).toEqual(['complete', 'complete']);
      seen.unsubscribe();
    });
  });

  it('… but not when there is a newer leader by then', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b', 'c');
      const [a, b, c] = nodes as [LanceRig, LanceRig, LanceRig];
      const client = new LanceClient({ ...options, commandConnections: { max: 2, idleMs: 5_000 } });
      a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      watch(client.getTopic(1));
      yield 100;
      b.server.faults.failNextCommands(1, to('c:1'), Command.GetTopic);
      const moved = watch(client.getTopic(1));
      yield 12;
      // A second connection to `b` is on its way when the first one hears of `c`.
      b.server.faults.refuseNextConnections(1);
      const late = watch(client.getTopic(1));
      yield 200;
      expect([moved.ended, late.ended]).toEqual(['complete', 'complete']);
      expect(b.wire.connectedAtMs).toHaveLength(2);
      expect(a.wire.connectedAtMs).toHaveLength(1);
      expect(c.wire.commands(Command.GetTopic)).toHaveLength(2);
    });
  });

  it('… and when it takes connections but never says anything', () => {
    marbles(function* ({ watch }) {
      const mute = lancePeer(() => {});
      const leader = lanceRig({ address: 'a:1' });
      leader.append('log', 'x');
      leader.server.faults.failNextCommands(1, to('mute:1'), Command.GetTopic);
      const client = new LanceClient({
        connector: leader.connector(),
        connectorTo: () => mute.connector(),
        requestTimeoutMs: 500,
      });
      const first = watch(client.getTopic(1));
      yield 1_000;
      expect(first.error).toMatchObject({ code: 'LANCE_TIMEOUT' });
      const second = watch(client.getTopic(1));
      yield 100;
      expect(second.ended).toBe('complete');
      expect(mute.connections).toBe(0);
    });
  });
});

describe('who leaves when told of a leader', () => {
  it.each([
    ['when it knows that it will connect anew', false],
    ['before it does', true],
  ])('a stream connects no more: %s', (_, onNextTurn) => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      a.server.faults.failNextCommands(1, to('b:1'), Command.Fetch);
      const stream = new LanceClient(options).consume('log');
      const seen = watch(stream.pipe(autoAck()));
      stream.status$.subscribe(({ reasons }) => {
        if (!onNextTurn && reasons.includes('reconnecting')) seen.unsubscribe();
      });
      // Told before the client is: its turn comes before that of the next connection.
      a.wire.onEvent(({ value: { name } }) => {
        if (onNextTurn && name === 'ErrorResponse') timer(0).subscribe(() => seen.unsubscribe());
      });
      yield 1_000;
      expect([a, b].map(({ wire }) => wire.connectedAtMs.length)).toEqual([1, 0]);
    });
  });
});

describe('what is not followed', () => {
  it.each([
    ['a leader that is not known', 'NOT_LEADER: leader unknown', {}],
    ['maxRedirects: 0', to('b:1'), { maxRedirects: 0 }],
  ])('%s: a command errors, retryable; a stream tries again after its pauses', (_, text, more) => {
    marbles(function* ({ expectWire, watch }) {
      const { nodes, options, asked } = cluster('a', 'b');
      const [a] = nodes as [LanceRig];
      a.server.faults.failNextCommands(1, text, Command.GetTopic);
      a.server.faults.failNextCommands(2, text, Command.Fetch);
      const client = new LanceClient({ ...options, ...more });
      const command = watch(client.getTopic(1));
      expectWire(a.wire.connection(2).only('C', 'F', 'e', 'X')).toBe('C 39ms F 19ms (eX)');
      expectWire(a.wire.connection(3).only('C', 'F', 'e', 'X')).toBe('160ms C 39ms F 19ms (eX)');
      expectWire(a.wire.connection(4).only('C', 'F', 'f')).toBe('420ms C 39ms F 19ms f');
      const read = watch(client.consume('log', { until: 12n }).pipe(autoAck()));
      yield 2_000;
      expect(command.error).toMatchObject({ code: 'LANCE_NOT_LEADER', retryable: true });
      expect(read.ended).toBe('complete');
      expect(asked).toEqual(['a 1']);
    });
  });

  it('a connector of its own without a way to others', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      server.createTopic('log');
      server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      const seen = watch(client.getTopic(1).pipe(retry(1)));
      yield 200;
      expect(seen.ended).toBe('complete');
      expect(client.metrics().redirects).toBe(0);
    });
  });

  it('a command that nobody waits for any more', () => {
    marbles(function* ({ watch }) {
      const { nodes, options } = cluster('a', 'b');
      const [a, b] = nodes as [LanceRig, LanceRig];
      a.server.faults.failNextCommands(1, to('b:1'), Command.CreateTopic);
      const seen = watch(new LanceClient(options).createTopic('new'));
      yield 25;
      seen.unsubscribe();
      yield 200;
      expect(b.server.topics.map(({ name }) => name)).toEqual(['log']);
    });
  });

  it('wrong options are refused when the client is made', () => {
    for (const maxRedirects of [-1, 1.5, Number.NaN]) {
      expect(() => new LanceClient({ maxRedirects })).toThrow(InvalidOptionError);
    }
    expect(() => new LanceClient({ connectorTo: {} as never })).toThrow('connectorTo: must be a function');
  });
});

describe('a token and redirects together', () => {
  it('the leader is shown the token too; one that refuses it is not left for the first server', () => {
    marbles(function* ({ watch }) {
      const nodes = ['a', 'b'].map((name) =>
        lanceRig({ address: `${name}:1`, auth: { tokens: [name], enforceAll: true } }),
      );
      const [a, b] = nodes as [LanceRig, LanceRig];
      a.append('log', 'x');
      a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      const client = new LanceClient({
        ...{ connector: a.connector(), connectorTo: () => b.connector(), token: 'a', reconnect: EXACT },
      });
      const seen = watch(concat(client.listTopics(), client.getTopic(1)));
      yield 200;
      expect(seen.error).toMatchObject({ code: 'LANCE_ACCESS_DENIED' });
      expect(seen.error).not.toBeInstanceOf(ConnectionError);
      expect(a.wire.connectedAtMs).toEqual([0]);
      expect(b.wire.commands(Command.Authenticate)).toHaveLength(1);
    });
  });
});
