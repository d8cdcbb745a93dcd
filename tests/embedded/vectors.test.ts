import { readFileSync } from 'node:fs';
import type { InMemoryLanceOptions } from '../../src/embedded/lance/in-memory-lance-server.js';
import { fault, marbles } from '../../src/testing.js';
import { Wire } from './wire.js';

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly direction: string;
  readonly hex: string;
}

const { vectors } = JSON.parse(readFileSync('tests/vectors/lance.json', 'utf8')) as { vectors: readonly Vector[] };
/** When the vectors' topics were created. */
const CREATED_MS = 1_706_918_400_000;
const TWO_RECORDS = Buffer.from('010500000068656c6c6f0105000000776f726c64', 'hex');

function vector(name: string): string {
  const found = vectors.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found.hex;
}

interface Talk {
  readonly options?: InMemoryLanceOptions;
  /** Their ids count from 1. */
  readonly topics?: readonly string[];
  /** What topic 1 holds. */
  readonly data?: Uint8Array;
  /** Vectors or hex, in one write each. */
  readonly say: readonly string[];
  /** Vectors of what must come back, all of it; or closed. */
  readonly hear: readonly string[] | 'closed';
}

function talk({ options, topics = ['first'], data, say, hear }: Talk): void {
  marbles(function* ({ lance }) {
    const { server, connector, apply } = lance({ latencyMs: 0, ...options });
    apply(fault.clockJump(CREATED_MS));
    for (const [index, topic] of topics.entries()) {
      // As far apart as in the vectors.
      if (index > 0) yield 100_000;
      server.createTopic(topic);
    }
    if (data !== undefined) server.append('first', data);
    const wire = new Wire(connector());
    for (const frame of say) {
      wire.send(/^[0-9a-f]{20,}$/.test(frame) ? frame : vector(frame));
      yield 50;
    }
    expect(wire.closed).toBe(hear === 'closed');
    expect(wire.takeAll()).toEqual(hear === 'closed' ? [] : hear.map(vector));
  });
}

/** What each request gets from a server that has topic 1. */
const requests: Record<string, Talk> = {
  keepalive: { say: ['keepalive'], hear: ['keepalive'] },
  'a keepalive with reserved bytes set': { say: ['reserved_nonzero_valid_crc'], hear: ['keepalive'] },
  'a header of zeros': { say: ['header_all_zero_fields'], hear: [] },
  'an ack from a client': { say: ['client_sends_ack', 'keepalive'], hear: ['keepalive'] },
  'a backpressure frame from a client': { say: ['client_sends_backpressure', 'keepalive'], hear: ['keepalive'] },
  'an ingest': { say: ['ingest_1_raw'], hear: ['resp_ack'] },
  'an ingest as the Rust producer sends it': { say: ['ingest_opaque_rust_producer'], hear: ['resp_ack'] },
  'batch id 2^64 - 1': { say: ['ingest_batch_id_u64_max'], hear: ['resp_ack_u64_max'] },
  'an ingest to a topic that does not exist': { say: ['ingest_3_records'], hear: ['err_unknown_topic_ingest'] },
  'an empty ingest': { say: ['ingest_empty_payload_never_acked'], hear: [] },
  'create topic': { topics: [], say: ['req_create_topic'], hear: ['resp_topic_created'] },
  'create an existing topic': {
    topics: ['my-events'],
    say: ['req_create_topic'],
    hear: ['err_topic_exists'],
  },
  'create topic with retention': {
    say: ['req_create_topic_with_retention'],
    hear: ['resp_topic_created_with_retention'],
  },
  'delete topic': { say: ['req_delete_topic'], hear: ['resp_topic_deleted'] },
  'list no topics': { topics: [], say: ['req_list_topics'], hear: ['resp_topic_list_empty'] },
  'list topics': {
    topics: ['my-events', 'logs'],
    say: ['req_list_topics'],
    hear: ['resp_topic_list'],
  },
  'command bits above the lowest byte': {
    topics: [],
    say: ['req_command_high_bits_ignored'],
    hear: ['resp_topic_list_empty'],
  },
  'control beats keepalive': { topics: [], say: ['req_control_plus_keepalive_flags'], hear: ['resp_topic_list_empty'] },
  'get a topic that is gone': { topics: [], say: ['req_get_topic'], hear: ['err_topic_not_found'] },
  'set retention': { say: ['req_set_retention'], hear: ['resp_retention_set'] },
  fetch: { data: TWO_RECORDS, say: ['req_fetch_begin'], hear: ['resp_fetch_two_records'] },
  'the end': { data: Buffer.alloc(75), say: ['req_fetch_tail_sentinel'], hear: ['resp_fetch_tail_sentinel'] },
  "the Python client's end": {
    data: Buffer.alloc(75),
    say: ['req_fetch_python_seek_to_end'],
    hear: ['resp_catching_up'],
  },
  'a short fetch': { say: ['fetch_short_payload'], hear: ['err_fetch_payload_too_small'] },
  'commit, then unsubscribe': {
    say: ['req_commit_offset', 'req_unsubscribe'],
    hear: ['resp_commit_ack', 'resp_unsubscribe_ack'],
  },
  'cluster status': { say: ['req_get_cluster_status'], hear: ['resp_cluster_status_standalone'] },
  'any token, if none is configured': { say: ['req_authenticate'], hear: ['resp_auth_ok'] },
  'the right token': {
    options: { auth: { tokens: ['s3cret-token'] } },
    say: ['req_authenticate'],
    hear: ['resp_auth_ok'],
  },
  'a wrong token': {
    options: { auth: { tokens: ['another'] } },
    say: ['req_authenticate'],
    hear: ['resp_auth_bad_token'],
  },
  'an ingest without the token': {
    options: { auth: { tokens: ['s3cret-token'] } },
    say: ['ingest_1_raw', 'req_authenticate', 'ingest_1_raw'],
    hear: ['err_auth_required', 'resp_auth_ok', 'resp_ack'],
  },
  'an unknown command': { say: ['unknown_command'], hear: ['err_invalid_client_command'] },
  'a header cut short': { say: ['truncated_header'], hear: [] },
  'a payload cut short': { say: ['truncated_payload'], hear: [] },
  'a payload at the limit, announced': { say: ['payload_at_limit'], hear: [] },
  'a payload over the limit, announced': { say: ['payload_too_large'], hear: 'closed' },
  'a wrong magic': { say: ['bad_magic'], hear: 'closed' },
  'a wrong version': { say: ['bad_version_valid_crc'], hear: 'closed' },
  'a wrong header checksum': { say: ['bad_header_crc'], hear: 'closed' },
  'the Castagnoli polynomial': { say: ['bad_header_crc_castagnoli'], hear: 'closed' },
  'a wrong payload checksum': { say: ['bad_payload_crc'], hear: 'closed' },
  'payload checksum 0': { say: ['zero_payload_crc'], hear: 'closed' },
};

describe('byte for byte', () => {
  it.each(Object.entries(requests))('%s', (_, conversation) => talk(conversation));
});

it('understands every frame that a client may send', () => {
  const known = new Set(Object.values(requests).flatMap(({ say }) => say));
  const fine = vectors.filter(
    ({ kind, direction, name }) => kind === 'frame' && direction === 'client-to-server' && !known.has(name),
  );
  for (const { name, hex } of fine) {
    marbles(function* ({ lance }) {
      const { server, connector } = lance({ latencyMs: 0 });
      server.createTopic('first');
      const wire = new Wire(connector());
      wire.send(hex);
      yield 50;
      expect([name, wire.closed, wire.takeAll().length, server.counters.errors]).toEqual([name, false, 1, 0]);
    });
  }
});
