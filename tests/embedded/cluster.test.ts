import { decodeClusterStatus } from '../../src/codecs/lance/cluster-json.js';
import { Command } from '../../src/codecs/lance/commands.js';
import { invalidTopicNameText, topicExistsText } from '../../src/codecs/lance/error-texts.js';
import { ackFrame, controlFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { catchingUpResponse, errorResponse, fetchResponse } from '../../src/codecs/lance/replies.js';
import {
  commitOffsetRequest,
  createTopicRequest,
  createTopicWithRetentionRequest,
  deleteTopicRequest,
  fetchRequest,
  getTopicRequest,
  listTopicsRequest,
  setRetentionRequest,
  subscribeRequest,
} from '../../src/codecs/lance/requests.js';
import type { LanceCluster } from '../../src/embedded/lance/cluster.js';
import type { InMemoryLanceServer } from '../../src/embedded/lance/in-memory-lance-server.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { marbles, until, type Script } from '../../src/testing.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const refusal = (text: string): string => hex(errorResponse(text));
const textOf = (frame: string | undefined): string => Buffer.from(frame ?? '', 'hex').toString('utf8', 44);
const DATA = Buffer.from('0123456789');

/** Topic `events` (id 1) holds ten digits. */
function withNode(
  cluster: LanceCluster | undefined,
  script: (wire: Wire, server: InMemoryLanceServer) => Script,
): void {
  marbles(function* ({ lance }) {
    const { server, connector } = lance({ latencyMs: 0, cluster });
    server.append('events', DATA);
    const wire = new Wire(connector());
    yield* until(() => wire.opened);
    yield* script(wire, server);
  });
}

function* hears(wire: Wire, ...say: Uint8Array[]): Generator<number, string[]> {
  wire.send(...say);
  yield 50;
  return wire.takeAll();
}

const ingest = (topicId: number, payload: Uint8Array = DATA): Uint8Array =>
  ingestFrame({ topicId, batchIdLow: 7, timestampMs: 0, recordCount: 1 }, payload);
const clusterStatusRequest = (): Uint8Array => controlFrame(Command.GetClusterStatus, new Uint8Array(0));

/** All that a follower would forward (section 9.2). */
const forwarded = [
  createTopicRequest('other'),
  createTopicWithRetentionRequest('other', 1n, 1n),
  deleteTopicRequest(1),
  setRetentionRequest(1, 1n, 1n),
  getTopicRequest(1),
  fetchRequest(1, 0, 100),
];
/** All that every node answers itself. */
const local = [
  listTopicsRequest(),
  subscribeRequest(1, 0n, 0, 1n),
  commitOffsetRequest(1, 1n, 5n),
  clusterStatusRequest(),
  keepaliveFrame(),
];

describe('a follower', () => {
  it.each<[string, LanceCluster, string]>([
    [
      'redirects to the leader',
      { role: 'follower', leaderAddr: '10.0.0.1:1992' },
      'NOT_LEADER: redirect to 10.0.0.1:1992',
    ],
    ['knows the leader by IPv6', { role: 'follower', leaderAddr: '[::1]:1992' }, 'NOT_LEADER: redirect to [::1]:1992'],
    ['does not know the leader', { role: 'follower', answer: 'redirect' }, 'NOT_LEADER: leader unknown'],
    ['can forward to nobody', { role: 'follower' }, 'FORWARD_FAILED: Leader address unknown'],
    [
      'can not reach the leader',
      { role: 'follower', leaderAddr: '10.0.0.1:1992', answer: 'fail' },
      'FORWARD_FAILED: Failed to connect to leader: Connection refused (os error 111)',
    ],
  ])('%s: everything it would forward is refused, nothing is done', (_, cluster, text) => {
    withNode(cluster, function* (wire, server) {
      const asked = [...forwarded, ingest(1), ingest(9), ingest(1, new Uint8Array(0))];
      expect(yield* hears(wire, ...asked)).toEqual(asked.map(() => refusal(text)));
      expect(server.topics).toMatchObject([{ name: 'events', byteLength: 10 }]);
    });
  });

  it('answers the rest itself', () => {
    withNode({ role: 'follower' }, function* (wire) {
      const replies = yield* hears(wire, ...local);
      expect(replies).toHaveLength(local.length);
      expect(replies.join()).not.toContain(Buffer.from('FORWARD').toString('hex'));
    });
  });

  it('checks tokens before it forwards', () => {
    marbles(function* ({ lance }) {
      const { connector } = lance({ cluster: { role: 'follower' }, auth: { tokens: ['secret'] } });
      const wire = new Wire(connector());
      expect(yield* hears(wire, ingest(1))).toEqual([refusal('Authentication required')]);
    });
  });
});

describe('a leader that is not ready', () => {
  it('takes ingests, and refuses what needs its metadata', () => {
    withNode({ role: 'warming' }, function* (wire, server) {
      const notReady = refusal('FORWARD_FAILED: Leader not ready (apply/metadata catch-up)');
      expect(yield* hears(wire, ...forwarded)).toEqual(forwarded.map(() => notReady));
      expect(yield* hears(wire, ingest(1))).toEqual([hex(ackFrame(7))]);
      expect(server.topic('events')?.byteLength).toBe(20);
    });
  });
});

describe('a leader', () => {
  it('creates idempotently; with retention the reply shows that of the request (trap T 18)', () => {
    withNode({ role: 'leader' }, function* (wire) {
      const known = '{"created_at":0,"id":1,"name":"events","topic_epoch":1}';
      const replies = yield* hears(
        wire,
        createTopicRequest('events'),
        createTopicWithRetentionRequest('events', 60n, 5n),
      );
      expect(replies.map(textOf)).toEqual([
        known,
        '{"created_at":0,"id":1,"max_age_secs":60,"max_bytes":5,"name":"events","topic_epoch":1}',
      ]);
    });
  });

  it('spends an id on a create that it refuses', () => {
    withNode({ role: 'leader' }, function* (wire) {
      const replies = yield* hears(
        wire,
        controlFrame(Command.CreateTopic, Buffer.from('a_b')),
        controlFrame(Command.CreateTopic, Buffer.alloc(256, 'a')),
        createTopicRequest('next'),
      );
      expect(textOf(replies[0])).toBe(invalidTopicNameText('a_b'));
      expect(textOf(replies[2])).toContain('"id":4,');
    });
  });

  it('says of an unknown topic that it may yet come', () => {
    withNode({ role: 'leader' }, function* (wire) {
      expect(yield* hears(wire, ingest(9), fetchRequest(9, 0, 100), fetchRequest(1, 0, 100))).toEqual([
        refusal('FORWARD_FAILED: Unknown topic (metadata convergence)'),
        hex(catchingUpResponse(0)),
        hex(fetchResponse(10, DATA)),
      ]);
    });
  });
});

it('a server changes its role on the fly, connections stay', () => {
  withNode({ role: 'follower', leaderAddr: '10.0.0.1:1992' }, function* (wire, server) {
    server.setCluster({ role: 'leader' });
    expect(yield* hears(wire, ingest(1))).toEqual([hex(ackFrame(7))]);
    server.setCluster(undefined);
    expect(yield* hears(wire, createTopicRequest('events'))).toEqual([refusal(topicExistsText('events'))]);
    server.setCluster({ role: 'follower', answer: 'redirect' });
    expect(yield* hears(wire, ingest(1))).toEqual([refusal('NOT_LEADER: leader unknown')]);
  });
});

it.each<[LanceCluster | undefined, object]>([
  [undefined, { nodeId: 0, isLeader: true, leaderId: 0, nodeCount: 1, mode: 'standalone', peerStates: {} }],
  [
    { role: 'leader' },
    { nodeId: 1, isLeader: true, leaderId: 1, nodeCount: 3, peerStates: { 2: 'Connected', 3: 'Connected' } },
  ],
  [{ role: 'warming' }, { nodeId: 1, isLeader: true, leaderId: 1 }],
  [
    { role: 'follower', leaderAddr: '10.0.0.1:1992' },
    { nodeId: 2, isLeader: false, leaderId: 1 },
  ],
  [{ role: 'follower' }, { nodeId: 2, isLeader: false, leaderId: null }],
])('status of %j', (cluster, expected) => {
  withNode(cluster, function* (wire) {
    const [reply] = yield* hears(wire, clusterStatusRequest());
    const status = decodeClusterStatus(textOf(reply));
    expect(status).toMatchObject(expected);
    expect('mode' in status).toBe(cluster === undefined);
  });
});

it.each<[unknown, string]>([
  [{ role: 'boss' }, "cluster.role: must be 'leader', 'warming' or 'follower', got \"boss\""],
  [{ role: 'leader', leaderAddr: 'a:1' }, 'cluster.leaderAddr: is for a follower, this is a leader node, got "a:1"'],
  [{ role: 'warming', answer: 'fail' }, 'cluster.answer: is for a follower, this is a warming node, got "fail"'],
  [{ role: 'follower', leaderAddr: '::1:1992' }, 'cluster.leaderAddr: must be host:port'],
  [{ role: 'follower', leaderAddr: 'lance' }, 'cluster.leaderAddr: must be host:port'],
  [{ role: 'follower', answer: 'forward' }, "cluster.answer: must be 'redirect' or 'fail'"],
  [{ role: 'follower', leader: 'a:1' }, 'cluster.leader: is not an option (did you mean leaderAddr?)'],
])('refuses %j', (cluster, message) => {
  expect(() => new LanceServer({ cluster: cluster as never })).toThrow(InvalidOptionError);
  expect(() => LanceServer.inMemory().setCluster(cluster as never)).toThrow(message);
});
