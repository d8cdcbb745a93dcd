import { Command } from '../../src/codecs/lance/commands.js';
import { AccessDeniedError, NotLeaderError } from '../../src/codecs/lance/errors.js';
import { StandaloneConsumer } from '../../src/observables/lance/standalone/standalone-consumer.js';
import type { StandaloneOptions } from '../../src/observables/lance/standalone/standalone-options.js';
import { marbles } from '../../src/testing.js';
import { lanceRig, type LanceRig } from '../../src/testing/lance/lance-rig.js';
import { consumerOf, polled } from './standalone.js';

/** Nodes `a:1` and `b:1` that know the same topic by its id, and options of a consumer that begins at the first. */
function cluster(): { a: LanceRig; b: LanceRig; options: StandaloneOptions } {
  const [a, b] = [lanceRig({ address: 'a:1' }), lanceRig({ address: 'b:1' })];
  for (const node of [a, b]) node.append('log', 'x', 'y');
  const connectorTo = ({ host }: { readonly host: string }) => (host === 'a' ? a : b).connector();
  return { a, b, options: { consumerName: 'reader', topicId: 1, connectorTo, reconnect: { jitter: 'none' } } };
}

const redirects = (node: LanceRig, command: number): void =>
  node.server.faults.failNextCommands(1_000, 'NOT_LEADER: redirect to b:1', command);

describe('StandaloneConsumer: a server that names the leader', () => {
  it('connects to the leader', () => {
    marbles(function* ({ expectWire, watch }) {
      const { a, b, options } = cluster();
      redirects(a, Command.GetTopic);
      expectWire(a.wire).toBe('C 19ms (oG) 16ms (eX)');
      expectWire(b.wire).toBe('40ms C 19ms (oG) 16ms t 119ms F 19ms f');
      const seen = watch(StandaloneConsumer.connect('a:1', options));
      yield 200;
      const poll = watch(seen.at(0).poll());
      yield 100;
      expect(polled(poll)).toEqual([['x', 'y']]);
    });
  });

  it('polls go on there, where they were', () => {
    marbles(function* ({ watch }) {
      const { a, b, options } = cluster();
      const seen = watch(StandaloneConsumer.connect('a:1', { ...options, maxFetchBytes: 6, pollTimeoutMs: 1_000 }));
      yield 100;
      const first = watch(seen.at(0).poll());
      yield 100;
      expect(polled(first)).toEqual([['x']]);
      redirects(a, Command.Fetch);
      const second = watch(seen.at(0).poll());
      yield 300;
      expect(polled(second)).toEqual([['y']]);
      expect(b.wire.commands(Command.Fetch)).toHaveLength(2);
    });
  });

  it('follows none if it is told so', () => {
    marbles(function* ({ watch }) {
      const { a, b, options } = cluster();
      redirects(a, Command.GetTopic);
      const seen = watch(StandaloneConsumer.connect('a:1', { ...options, maxRedirects: 0 }));
      yield 1_000;
      expect(seen.error).toBeInstanceOf(NotLeaderError);
      expect(b.wire.connectedAtMs).toEqual([]);
    });
  });
});

describe('StandaloneConsumer: a token', () => {
  it('is shown first on every connection; one that is refused is an error', () => {
    marbles(function* ({ lance, watch }) {
      const rig = lance({ auth: { tokens: ['secret'], enforceAll: true } });
      rig.append('log', 'a');
      const [refused, seen] = [watch(consumerOf(rig, { token: 'wrong' })), watch(consumerOf(rig, { token: 'secret' }))];
      yield 1_000;
      expect(refused.error).toBeInstanceOf(AccessDeniedError);
      const consumer = seen.at(0);
      const first = watch(consumer.poll());
      yield 100;
      rig.server.faults.dropConnections();
      rig.append('log', 'b');
      yield 100;
      const second = watch(consumer.poll({ timeoutMs: 1_000 }));
      yield 1_000;
      expect([polled(first), polled(second)]).toEqual([[['a']], [['b']]]);
    });
  });
});
