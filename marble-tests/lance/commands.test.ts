import { EMPTY, concat, defer, ignoreElements, retry } from 'rxjs';
import { Command } from '../../src/codecs/lance/commands.js';
import {
  ConnectionError,
  InvalidFrameError,
  InvalidTopicNameError,
  LanceTimeoutError,
  ProtocolError,
  TopicAlreadyExistsError,
  TopicNotFoundError,
} from '../../src/codecs/lance/errors.js';
import { controlFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { lancePeer, marbles } from '../../src/testing.js';

const topic = (id: number, name: string): object => ({ id, name, createdAt: 0n, topicEpoch: 1n });

describe('commands', () => {
  it('createTopic, getTopic, listTopics, deleteTopic: one value each, then done', () => {
    marbles(({ expectObservable, lance }) => {
      const { client } = lance();
      const all = concat(
        client.createTopic('one'),
        client.createTopic('two'),
        client.getTopic(1),
        client.getTopic('two'),
        client.listTopics(),
        client.deleteTopic(1),
        client.deleteTopic('two'),
        client.listTopics(),
      );
      // Opening takes a round trip of 20 ms, once; deleting by name takes two.
      expectObservable(all).toBe('40ms a 19ms b 19ms a 19ms b 19ms c 19ms d 39ms e 19ms (f|)', {
        a: topic(1, 'one'),
        b: topic(2, 'two'),
        c: [topic(1, 'one'), topic(2, 'two')],
        d: 1,
        e: 2,
        f: [],
      });
    });
  });

  it('ensureTopic gives what is there, or makes it', () => {
    marbles(({ expectObservable, lance }) => {
      const { client } = lance();
      const twice = concat(client.ensureTopic('one'), client.ensureTopic('one'));
      expectObservable(twice).toBe('40ms a 39ms (a|)', { a: topic(1, 'one') });
    });
  });

  it('ping emits the round trip', () => {
    marbles(({ expectObservable, lance }) => {
      expectObservable(lance({ latencyMs: 7 }).client.ping()).toBe('28ms (t|)', { t: 14 });
    });
  });

  it('connect emits the client, or errors early', () => {
    marbles(({ expectObservable, flush, lance, watch }) => {
      const { client } = lance();
      expectObservable(client.connect()).toBe('40ms (c|)', { c: client });
      const dead = lance();
      dead.stop();
      const seen = watch(dead.client.connect());
      flush();
      expect(seen.error).toBeInstanceOf(ConnectionError);
      expect(seen.endedAtMs).toBe(20);
    });
  });

  it('connect asks whether the server answers', () => {
    marbles(function* ({ watch }) {
      const seen = watch(
        lancePeer(() => {})
          .newClient({ requestTimeoutMs: 500 })
          .connect(),
      );
      yield 600;
      expect(seen.error).toBeInstanceOf(LanceTimeoutError);
    });
  });

  it('does nothing until subscribed, and all of it again for each subscription', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire, server } = lance();
      const create = client.createTopic('one');
      yield 1000;
      expect(wire.connectedAtMs).toEqual([]);
      const [first, second] = [watch(create), watch(create)];
      yield 100;
      expect(first.values).toEqual([{ ...topic(1, 'one'), createdAt: 1n }]);
      expect(second.error).toBeInstanceOf(TopicAlreadyExistsError);
      expect(wire.commands(Command.CreateTopic)).toHaveLength(2);
      expect(server.topics).toHaveLength(1);
      expect(wire.connectedAtMs).toHaveLength(1);
    });
  });

  it('who leaves before the connection is open has asked for nothing', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      const seen = watch(client.createTopic('never'));
      yield 10;
      seen.unsubscribe();
      yield 100;
      expect(server.topics).toEqual([]);
    });
  });

  it('bad names and ids are refused before anything is sent', () => {
    const client = new LanceClient();
    for (const name of ['', 'a_b', 'ä', 'x'.repeat(256)]) {
      expect(() => client.createTopic(name)).toThrow(InvalidTopicNameError);
      expect(() => client.ensureTopic(name)).toThrow(InvalidTopicNameError);
      expect(() => client.getTopic(name)).toThrow(InvalidTopicNameError);
      expect(() => client.consume(name)).toThrow(InvalidTopicNameError);
      expect(() => client.sink(name)).toThrow(InvalidTopicNameError);
    }
    for (const id of [0, -1, 1.5, 2 ** 32]) {
      expect(() => client.deleteTopic(id)).toThrow(InvalidOptionError);
      expect(() => client.consume(id)).toThrow(InvalidOptionError);
    }
  });

  it('a wrong option is named when the client is made, not when it is used', () => {
    const wrong: [string, object][] = [
      ['port', { port: 0 }],
      ['host', { host: '' }],
      ['requestTimeoutMs', { requestTimeoutMs: -1 }],
      ['connectTimeoutMs', { connectTimeoutMs: Number.NaN }],
      ['reconnect.initialMs', { reconnect: { initialMs: -1 } }],
      ['reconnect.maxMs', { reconnect: { maxMs: 1e10 } }],
      ['reconnect.maxMs', { reconnect: { initialMs: 500, maxMs: 400 } }],
      ['reconnect.maxAttempts', { reconnect: { maxAttempts: 1.5 } }],
      ['reconnect.jitter', { reconnect: { jitter: 'some' } }],
      ['offsetDir', { offsetDir: '/a', offsetStore: {} }],
      ['LanceClient: must be an object', '127.0.0.1:1992' as unknown as object],
    ];
    for (const [option, options] of wrong) {
      expect(() => new LanceClient(options)).toThrow(InvalidOptionError);
      expect(() => new LanceClient(options)).toThrow(option);
    }
    expect(() => new LanceClient({ reconnect: { maxMs: 20 } })).not.toThrow();
    expect(() => new LanceClient({ reconnect: { initialMs: 60_000 } })).not.toThrow();
  });

  it('unknown topics: TopicNotFoundError, by name and by id', () => {
    marbles(function* ({ lance, watch }) {
      const { client } = lance();
      const seen = [client.getTopic('no'), client.getTopic(9), client.deleteTopic('no'), client.deleteTopic(9)].map(
        (command) => watch<unknown>(command),
      );
      yield 200;
      for (const { error } of seen) expect(error).toBeInstanceOf(TopicNotFoundError);
    });
  });
});

describe('the connection for commands', () => {
  it('is shared, rests when idle, and comes back', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, wire } = lance();
      expectWire(wire).toBe('C 19ms (oKKK) 14ms (kkk) 955ms X 199ms C 19ms (oK) 16ms k 959ms X');
      const pings = [1, 2, 3].map(() => watch(client.ping()));
      yield 100;
      expect(pings.map(({ values }) => values)).toEqual([[20], [20], [20]]);
      yield 1100;
      const again = watch(client.ping());
      yield 100;
      expect(again.values).toEqual([20]);
    });
  });

  it('a request timeout poisons it: the late reply is taken for nobody else', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, server, wire } = lance({ client: { requestTimeoutMs: 500 } });
      expectWire(wire).toBe('C 19ms (oK) 16ms k 9ms (LG) 496ms X 99ms C 19ms (oK) 16ms k 959ms X');
      server.createTopic('one');
      watch(client.connect());
      yield 50;
      server.faults.delayNextReplies(1, 700);
      const late = watch(client.listTopics());
      const behind = watch(client.getTopic(1));
      yield 600;
      expect(late.error).toBeInstanceOf(LanceTimeoutError);
      expect(behind.error).toBeInstanceOf(ConnectionError);
      const next = watch(client.ping());
      yield 300;
      expect(next.values).toEqual([20]);
    });
  });

  it('a corrupt reply ends it, and only what was under way', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, server, wire } = lance();
      expectWire(wire).toBe('C 19ms (oL) 16ms (?X) 56ms C 19ms (oL) 16ms t 959ms X');
      server.faults.corruptNextReplies(1);
      const seen = watch(client.listTopics());
      yield 100;
      expect(seen.error).toBeInstanceOf(InvalidFrameError);
      const next = watch(client.listTopics());
      yield 100;
      expect(next.values).toEqual([[]]);
    });
  });

  it('a command that is tried again synchronously, inside its own error, gets a connection of its own', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, server, wire } = lance();
      expectWire(wire).toBe('C 19ms (oL) 36ms (xC) 16ms (oL) 16ms t 959ms X');
      server.faults.swallowNextReplies(1);
      const seen = watch(client.listTopics().pipe(retry(1)));
      yield 50;
      server.faults.dropConnections();
      yield 200;
      expect(seen.values).toEqual([[]]);
      expect(seen.ended).toBe('complete');
    });
  });

  it('… and after a request timeout, and after a reply that could not be read', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance({ client: { requestTimeoutMs: 500 } });
      server.faults.swallowNextReplies(1);
      const timedOut = watch(client.listTopics().pipe(retry(1)));
      yield 1000;
      expect(timedOut.values).toEqual([[]]);
    });
  });

  it('a reply of the wrong kind is an error of the protocol', () => {
    marbles(function* ({ lance, watch }) {
      const { client, server } = lance();
      server.createTopic('one');
      server.faults.swallowNextReplies(1);
      // The first reply goes missing; the pong is taken for it, because replies belong to requests by position.
      const list = watch(client.listTopics());
      const ping = watch(client.ping());
      yield 100;
      expect(list.error).toBeInstanceOf(ProtocolError);
      expect(ping.error).toBeInstanceOf(ConnectionError);
    });
  });

  it('what nobody asked for ends it before there is room made for it', () => {
    marbles(function* ({ watch }) {
      const peer = lancePeer(({ end }) => void end.write(keepaliveFrame()));
      const { wire } = peer;
      watch(peer.client.connect());
      yield 50;
      expect(wire.open).toBe(1);
      // The header of a frame of 1 MiB, whose payload never comes.
      peer.ends[0]!.write(controlFrame(Command.TopicResponse, new Uint8Array(1 << 20)).subarray(0, 44));
      yield 20;
      expect(wire.open).toBe(0);
    });
  });

  it('a Backpressure frame is an answer to nothing', () => {
    marbles(function* ({ expectWire, lance, watch }) {
      const { client, server, wire } = lance();
      expectWire(wire).toBe('C 19ms (oK) 16ms k 9ms L 9ms b 9ms t 979ms X');
      watch(client.connect());
      yield 50;
      const seen = watch(client.listTopics());
      server.faults.sendBackpressure();
      yield 100;
      expect(seen.values).toEqual([[]]);
    });
  });

  it('close() tells commands under way, and those that wait for the connection', () => {
    marbles(function* ({ lance, watch }) {
      const { client, newClient, server } = lance();
      const waiting = watch(client.listTopics());
      yield 5;
      watch(client.close());
      expect(waiting.error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      server.faults.swallowNextReplies(1);
      const other = newClient();
      const underWay = watch(other.listTopics());
      yield 100;
      expect(underWay.ended).toBeUndefined();
      watch(other.close());
      yield 1;
      expect(underWay.error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
    });
  });

  it('close() is for good: what comes later opens no connection', () => {
    marbles(function* ({ lance, watch }) {
      const { client, wire } = lance();
      watch(client.close());
      yield 10;
      const later = [watch<unknown>(client.ping()), watch<unknown>(client.authenticate('t'))];
      yield 2_000;
      for (const { error } of later) expect(error).toMatchObject({ code: 'LANCE_CONNECTION', retryable: false });
      expect(wire.connectedAtMs).toEqual([]);
    });
  });

  it('nothing that is subscribed to inside a reply is forgotten when another one closes the client', () => {
    marbles(function* ({ lance, watch }) {
      const { client } = lance();
      const first = watch(defer(() => concat(client.connect(), client.close().pipe(ignoreElements()), EMPTY)));
      const second = watch(client.listTopics());
      yield 100;
      expect(first.ended).toBe('complete');
      expect(second.ended).toBe('error');
    });
  });
});
