import { Command } from '../../src/codecs/lance/commands.js';
import { NotLeaderError } from '../../src/codecs/lance/errors.js';
import { clock } from '../../src/foundation/clock.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles } from '../../src/testing.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { ChannelError } from '../../src/transports/channel-error.js';
import type { Connector } from '../../src/transports/channel.js';

const to = (address: string): string => `NOT_LEADER: redirect to ${address}`;

/** The way to a leader whose name nobody knows. */
const nowhere: Connector = {
  address: 'nowhere:1',
  connect: (events) => {
    const error = ChannelError.of('nowhere:1', { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    const looking = clock.after(5, () => events.closed(error));
    return { write: () => true, close: () => looking.unsubscribe() };
  },
};

describe('a leader is not left for the first server because', () => {
  it.each([
    ['a command was left before its connection was open', (client: LanceClient) => client.getTopic(1), 5],
    ['a stream was left before its first answer', (client: LanceClient) => client.consume('log'), 25],
  ])('%s', (_, asks, afterMs) => {
    marbles(function* ({ watch }) {
      const [a, b] = [lanceRig({ address: 'a:1' }), lanceRig({ address: 'b:1' })];
      for (const node of [a, b]) node.append('log', 'x');
      a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
      const connectorTo = ({ host }: { host: string }): Connector => (host === 'a' ? a : b).connector();
      const client = new LanceClient({ host: 'a', port: 1, connectorTo });
      watch(client.getTopic(1));
      yield 2_000;
      a.stop();
      const left = watch<unknown>(asks(client));
      yield afterMs;
      left.unsubscribe();
      yield 2_000;
      const seen = watch(client.getTopic(1));
      yield 200;
      expect(seen.ended).toBe('complete');
    });
  });
});

it('a command that goes to the leader is not forgotten when a token is accepted by the server before', () => {
  marbles(function* ({ watch }) {
    const [a, b] = [lanceRig({ address: 'a:1' }), lanceRig({ address: 'b:1' })];
    for (const node of [a, b]) node.append('log', 'x');
    a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
    const connectorTo = ({ host }: { host: string }): Connector => (host === 'a' ? a : b).connector();
    const client = new LanceClient({ host: 'a', port: 1, connectorTo });
    const asked = watch(client.getTopic(1));
    const shown = watch(client.authenticate('any'));
    yield 500;
    expect([asked.ended, shown.ended]).toEqual(['complete', 'complete']);
  });
});

describe('a leader whose name is unknown is left for the first server', () => {
  it.each([
    [1, 'complete'],
    [100, 'error'],
  ])('by streams, as often as redirects are followed: named %i times', (times, end) => {
    marbles(function* ({ watch }) {
      const a = lanceRig({ address: 'a:1' });
      a.append('log', 'x');
      a.server.faults.failNextCommands(times, to('nowhere:1'), Command.Fetch);
      const connectorTo = ({ host }: { host: string }): Connector => (host === 'a' ? a.connector() : nowhere);
      const client = new LanceClient({ host: 'a', port: 1, connectorTo, reconnect: { jitter: 'none' } });
      const seen = watch(client.consume('log', { until: 'end' }).pipe(autoAck(), records()));
      yield 20_000;
      expect(seen.ended).toBe(end);
      if (end === 'error') expect(seen.error).toBeInstanceOf(NotLeaderError);
    });
  });
});

it.each([
  ['a command', (client: LanceClient) => client.getTopic(1)],
  ['a stream', (client: LanceClient) => client.consume('log', { until: 'end' }).pipe(autoAck())],
])('a leader that connectorTo knows no way to can not be reached, that is all: %s', (_, asks) => {
  marbles(function* ({ watch }) {
    const a = lanceRig({ address: 'a:1' });
    a.append('log', 'x');
    a.server.faults.failNextCommands(1, to('b:1'), Command.GetTopic);
    a.server.faults.failNextCommands(1, to('b:1'), Command.Fetch);
    const connectorTo = ({ host }: { host: string }): Connector => {
      if (host === 'a') return a.connector();
      throw new Error(`no proxy in front of ${host}`);
    };
    const client = new LanceClient({ host: 'a', port: 1, connectorTo, reconnect: { jitter: 'none' } });
    const status = watch(client.status$);
    const seen = watch<unknown>(asks(client));
    yield 1_000;
    expect(seen.ended).toBe('complete');
    const details = status.values.map(({ detail }) => detail);
    expect(details).toContain('b:1: connectorTo failed: no proxy in front of b');
    status.unsubscribe();
  });
});
