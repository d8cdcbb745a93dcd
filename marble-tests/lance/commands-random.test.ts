import { Command } from '../../src/codecs/lance/commands.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles, type Watch } from '../../src/testing.js';
import { lanceRig } from '../../src/testing/lance/lance-rig.js';
import { randomFrom } from '../../tests/lance/random.js';

const SEEDS = Number(process.env['SEEDS'] ?? 20);
const REQUEST_MS = 2_000;

describe('a client of two nodes that break, are silent, and send it to each other', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'every command is answered once, and no connection is left open: seed %i',
    (seed) => {
      marbles(function* ({ watch }) {
        const random = randomFrom(seed);
        const upTo = (n: number): number => Math.floor(random() * n);
        const nodes = ['a', 'b'].map((name) => lanceRig({ address: `${name}:1` }));
        for (const node of nodes) node.append('log', 'x');
        const client = new LanceClient({
          host: 'a',
          port: 1,
          connectorTo: ({ host }) => nodes[host === 'a' ? 0 : 1]!.connector(),
          requestTimeoutMs: REQUEST_MS,
          ...(seed % 3 === 0 ? { token: 'any' } : {}),
          commandConnections: {
            max: 1 + upTo(3),
            idleMs: upTo(3) * 40,
            checkAfterMs: upTo(3) * 30,
            ...(seed % 2 === 0 ? { maxLifetimeMs: upTo(200) } : {}),
          },
        });
        const kept: Watch<unknown>[] = [];
        for (let step = 0; step < 60; step++) {
          const at = upTo(2);
          const node = nodes[at]!;
          const { faults } = node.server;
          switch (upTo(12)) {
            case 0:
              faults.failNextCommands(1, `NOT_LEADER: redirect to ${at === 0 ? 'b' : 'a'}:1`, Command.GetTopic);
              break;
            case 1:
              faults.dropConnections();
              break;
            case 2:
              faults.delayNextReplies(1 + upTo(3), upTo(100));
              break;
            case 3:
              faults.refuseNextConnections(1);
              break;
            case 4:
              if (random() < 0.3) faults.swallowNextReplies(1);
              break;
            case 5:
              kept.push(watch(client.authenticate(`token ${step}`)));
              break;
            case 6: {
              const left = watch(client.getTopic(1));
              yield upTo(60);
              left.unsubscribe();
              break;
            }
            default:
              for (let n = upTo(4); n >= 0; n--) kept.push(watch(client.getTopic(1)));
          }
          yield upTo(30);
        }
        // A check, an authentication and an answer may each take so long, and there may be five redirects.
        yield 20 * REQUEST_MS;
        for (const seen of kept) {
          expect(['complete', 'error']).toContain(seen.ended);
          expect(seen.values).toHaveLength(seen.ended === 'complete' ? 1 : 0);
        }
        for (const { wire } of nodes) expect(wire.open).toBe(0);
        const { connections, requests, replies, errors } = client.metrics();
        expect(connections.open).toBe(0);
        expect(replies + errors).toBe(requests);
        expect(kept.some(({ ended }) => ended === 'complete')).toBe(true);
      });
    },
  );
});
