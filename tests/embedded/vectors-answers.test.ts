import { readFileSync } from 'node:fs';
import { Command } from '../../src/codecs/lance/commands.js';
import { controlFrame, ingestFrame } from '../../src/codecs/lance/frames.js';
import {
  createTopicRequest,
  deleteTopicRequest,
  fetchRequest,
  subscribeRequest,
} from '../../src/codecs/lance/requests.js';
import type { InMemoryLanceOptions, InMemoryLanceServer } from '../../src/embedded/lance/in-memory-lance-server.js';
import { marbles } from '../../src/testing.js';
import { Wire } from './wire.js';

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly direction: string;
  readonly hex: string;
}

const { vectors } = JSON.parse(readFileSync('tests/vectors/lance.json', 'utf8')) as { vectors: readonly Vector[] };

const TWO_RECORDS = Buffer.from('010500000068656c6c6f0105000000776f726c64', 'hex');
const ingest = (topicId: number): Uint8Array =>
  ingestFrame({ topicId, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, TWO_RECORDS);

/** A server with two records in topic 1, what it is asked, and the one answer, by vector. */
interface Answer {
  readonly options?: InMemoryLanceOptions;
  readonly ask?: Uint8Array;
  readonly befall?: (server: InMemoryLanceServer) => void;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  resp_backpressure: { befall: (server) => server.faults.sendBackpressure() },
  resp_fetch_empty_at_end: { ask: fetchRequest(1, 20, 100) },
  resp_fetch_cut_part1: { ask: fetchRequest(1, 0, 13) },
  resp_fetch_cut_part2: { ask: fetchRequest(1, 13, 100) },
  resp_subscribe_ack: { ask: subscribeRequest(1, 5000n, 65_536, 42n) },
  err_fetch_topic_not_found: { ask: fetchRequest(9, 0, 100) },
  err_delete_topic_not_found: { ask: deleteTopicRequest(9) },
  err_invalid_topic_name: { ask: controlFrame(Command.CreateTopic, Buffer.from('my_events')) },
  err_topic_name_required: { ask: controlFrame(Command.CreateTopic) },
  err_rate_limited: {
    options: { maxReadBytesPerSec: 100 },
    // The bucket is empty from now on, for all connections.
    befall: (server) => spent(server),
    ask: fetchRequest(1, 0, 100),
  },
  err_not_leader_redirect: follower('192.168.1.10:1992'),
  err_not_leader_redirect_ipv6: follower('[2001:db8::1]:1992'),
  err_not_leader_unknown: {
    options: { cluster: { role: 'follower', answer: 'redirect' } },
    ask: createTopicRequest('other'),
  },
  err_forward_failed_leader_unknown: { options: { cluster: { role: 'follower' } }, ask: createTopicRequest('other') },
  err_forward_failed_not_ready: { options: { cluster: { role: 'warming' } }, ask: createTopicRequest('other') },
  err_forward_failed_unknown_topic: { options: { cluster: { role: 'leader' } }, ask: ingest(9) },
  err_forward_failed_quorum: { befall: (server) => server.faults.missNextQuorums(1), ask: ingest(1) },
  err_invalid_subscribe: { ask: controlFrame(Command.Subscribe, Buffer.alloc(23)) },
};

function follower(leaderAddr: string): Answer {
  return { options: { cluster: { role: 'follower', leaderAddr } }, ask: createTopicRequest('other') };
}

function spent(server: InMemoryLanceServer): void {
  const other = new Wire(server.connector());
  other.send(fetchRequest(1, 0, 100));
}

describe('byte for byte, what else a server says', () => {
  it.each(Object.entries(ANSWERS))('%s', (name, { options, ask, befall }) => {
    marbles(function* ({ lance }) {
      const { server, connector } = lance({ latencyMs: 0, ...options });
      server.append('first', TWO_RECORDS);
      const wire = new Wire(connector());
      yield 5;
      befall?.(server);
      yield 0;
      if (ask !== undefined) wire.send(ask);
      yield 5;
      expect(wire.takeAll()).toEqual([vectors.find((vector) => vector.name === name)?.hex]);
    });
  });

  it('no frame of a server is forgotten', () => {
    const elsewhere = ['vectors.test.ts', 'ordering.test.ts'].map((file) =>
      readFileSync(`tests/embedded/${file}`, 'utf8'),
    );
    const frames = vectors.filter(({ kind, direction }) => kind === 'frame' && direction === 'server-to-client');
    const open = frames.filter(
      ({ name }) => !(name in ANSWERS) && !elsewhere.some((text) => text.includes(`'${name}'`)),
    );
    // A node shows three nodes of its own; the form of this one is in the golden vectors.
    expect(open.map(({ name }) => name)).toEqual(['resp_cluster_status_cluster']);
  });
});
