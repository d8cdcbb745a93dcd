import { readFileSync } from 'node:fs';
import type { FloProtocol, Refusal } from '../../../src/codecs/flo/codec.js';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { FloCore } from '../../../src/embedded/flo/core.js';
import type { FloBehaviour } from '../../../src/embedded/flo/options.js';
import { fault, marbles } from '../../../src/testing.js';
import { bytes } from './peer.js';
import { RecordingEnd } from './recording-end.js';

interface Vector {
  readonly name: string;
  readonly protocol: FloProtocol;
  readonly direction: string;
  readonly hex: string;
}

const { vectors } = JSON.parse(readFileSync('tests/vectors/flo.json', 'utf8')) as { vectors: readonly Vector[] };
/** When the messages of the vectors were enqueued. */
const ENQUEUED_MS = 1_703_350_800_000;
const HEADER_BYTES = 32;
const TASKS = 'default\0tasks';

function vector(name: string): Vector {
  const found = vectors.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}

/** What is there when a request comes; each number it yields is a pause in milliseconds. */
type State = (core: FloCore) => Iterable<number> | void;

const nothing: State = () => {};

/** The key has version 17, so that the next write gets 18. */
const seventeenth =
  (key: string, value: string): State =>
  (core) => {
    for (let version = 1; version < 17; version++) core.put('default\0filler', bytes(''), {});
    core.put(`default\0${key}`, bytes(value), {});
  };

/** Messages 100 and 101 are ready; the second has been handed out once and given back. */
const twoTasks: State = function* (core) {
  for (let seq = 1; seq < 100; seq++) core.enqueue(TASKS, bytes(''), {});
  core.queues.get(TASKS)?.handOut(100, 1000);
  core.enqueue(TASKS, bytes('task1'), { delayMs: 2 });
  yield 1;
  const second = core.enqueue(TASKS, bytes('task2'), { priority: 5 });
  core.queues.get(TASKS)?.lease(1, 1000);
  core.queues.get(TASKS)?.nack([second]);
  yield 1;
};

const threeDead: State = (core) => {
  for (const each of ['a', 'b', 'c']) core.enqueue(TASKS, bytes(each), {});
  core.queues.get(TASKS)?.lease(3, 1000);
  core.queues.get(TASKS)?.nack([1n, 2n, 3n], true);
};

/** The vector of the answer, or its status and body in hex; undefined while the request waits. */
type Answer = string | readonly [number, string] | undefined;

const serverBodies = { bodies: 'server' } as const;
const OK: Answer = [0, ''];
const NOT_FOUND: Answer = [2, '0d0000'];
const FIRST: Answer = 'v1-32/res/queue_enqueue';
const NO_MESSAGES: Answer = 'v2-table/res/queue_dequeue_empty';

/** Every request of the operations that are served, and what it gets. */
const cases: readonly [string, State, Answer, FloBehaviour?][] = [
  ['v1-32/ping', nothing, 'v1-32/res/ping'],
  ['v1-32/kv_get', seventeenth('user:123', 'John Doe'), 'v1-32/res/kv_get'],
  ['v1-32/kv_get', seventeenth('user:123', ''), 'v1-32/res/kv_get_empty_value'],
  ['v1-32/kv_get', nothing, 'v1-32/res/kv_get_not_found'],
  ['v1-32/kv_get_block', nothing, undefined],
  ['v1-32/kv_get_block', seventeenth('k', ''), 'v1-32/res/kv_get_empty_value'],
  ['v1-32/kv_get_wait', seventeenth('k', ''), undefined],
  ['v1-32/kv_put', seventeenth('user:123', 'old'), 'v1-32/res/kv_put'],
  ['v1-32/kv_put_all_options', nothing, 'v1-32/res/conflict'],
  ['v1-32/kv_delete', seventeenth('user:123', 'old'), OK],
  ['v1-32/kv_delete', nothing, 'v1-32/res/kv_get_not_found'],
  ['v1-32/kv_delete_if_match', seventeenth('k', 'v'), 'v1-32/res/conflict'],
  ['v1-32/queue_enqueue', nothing, FIRST],
  ['v1-32/queue_enqueue_options', nothing, FIRST],
  ['v1-32/queue_dequeue', twoTasks, 'v1-32/res/queue_dequeue_sdk'],
  ['v1-32/queue_dequeue', twoTasks, 'v1-32/res/queue_dequeue_server', serverBodies],
  ['v1-32/queue_dequeue', nothing, NO_MESSAGES],
  ['v1-32/queue_dequeue_options', nothing, undefined],
  ['v1-32/queue_dequeue_block', nothing, undefined],
  ['v1-32/queue_ack', nothing, OK],
  ['v1-32/queue_nack', nothing, OK],
  ['v1-32/queue_nack_dlq', nothing, OK],
  ['v1-32/queue_touch', nothing, OK],
  ['v1-32/queue_touch', nothing, 'v1-32/res/not_implemented', { semantics: 'server' }],
  ['v1-32/queue_dlq_list', nothing, NO_MESSAGES],
  ['v1-32/queue_dlq_list', threeDead, 'v1-32/res/queue_dlq_list_server', serverBodies],
  ['edge/v1-32/req_options_block_absent', nothing, 'v1-32/res/kv_get_not_found'],
  ['v2-table/kv_get', seventeenth('user:123', 'John Doe'), 'v2-table/res/kv_get'],
  ['v2-table/kv_get', seventeenth('user:123', ''), 'v2-table/res/kv_get_empty_value'],
  ['v2-table/kv_get', nothing, NOT_FOUND],
  ['v2-table/kv_get_namespace', nothing, NOT_FOUND],
  ['v2-table/kv_get_wait', nothing, undefined],
  ['v2-table/kv_get_change', seventeenth('k', ''), undefined],
  ['v2-table/kv_put', seventeenth('user:123', 'old'), 'v2-table/res/kv_put'],
  ['v2-table/kv_put_empty_value', seventeenth('k', 'old'), 'v2-table/res/kv_put'],
  ['v2-table/kv_put_ttl_zero', seventeenth('k', 'old'), 'v2-table/res/kv_put'],
  ['v2-table/kv_put_all_fields', seventeenth('other', 'old'), 'v2-table/res/kv_put'],
  ['v2-table/kv_put_all_fields', seventeenth('k', 'old'), [8, '0f0000']],
  ['v2-table/kv_put_if_present', nothing, 'v2-table/res/kv_put_condition_failed'],
  ['v2-table/kv_delete', seventeenth('user:123', 'old'), 'v2-table/res/kv_delete_existed'],
  ['v2-table/kv_delete', nothing, 'v2-table/res/kv_delete_missing'],
  ['v2-table/kv_delete_cas', seventeenth('k', 'v'), [8, '0f0000']],
  ['v2-table/queue_enqueue', nothing, 'v2-table/res/queue_enqueue'],
  ['v2-table/queue_enqueue_priority', nothing, 'v2-table/res/queue_enqueue'],
  ['v2-table/queue_dequeue', twoTasks, 'v2-table/res/queue_dequeue'],
  ['v2-table/queue_dequeue', nothing, NO_MESSAGES],
  ['v2-table/queue_dequeue_block', nothing, undefined],
  ['v2-table/queue_ack', nothing, OK],
  ['v2-table/queue_nack', nothing, OK],
  ['v2-table/queue_dlq_list', nothing, NO_MESSAGES],
];

it.each<[string, State, Answer, FloBehaviour?]>(cases)('%s (%#)', (...[name, state, answer, behaviour]) => {
  marbles(function* ({ flo }) {
    flo().apply(fault.clockJump(ENQUEUED_MS));
    const { protocol, hex } = vector(name);
    const codec = codecFor(protocol);
    const core = new FloCore(behaviour);
    yield* state(core) ?? [];
    const end = new RecordingEnd();
    const request = Buffer.from(hex, 'hex');
    const events = core.accept(end);
    events.received(request);
    const said = end.written.map((frame) => {
      const { id, status } = codec.decodeAnswerHead(frame, 0);
      expect(id).toEqual(codec.decodeRequestHead(request, 0).id);
      return [status, Buffer.from(frame.subarray(HEADER_BYTES)).toString('hex')];
    });
    expect(said).toEqual(answer === undefined ? [] : [typeof answer === 'string' ? saidIn(answer) : answer]);
    expect(core.parking.size).toBe(answer === undefined ? 1 : 0);
    events.closed();
  });
});

it('serves the requests of these operations, all of them', () => {
  const names =
    /^(v1-32|v2-table)\/(ping$|kv_(get|put|delete)(_|$)|queue_(enqueue|dequeue|ack|nack|touch|dlq_list)(_|$))/;
  const requests = vectors.filter(({ name, direction }) => direction === 'request' && names.test(name));
  expect(requests.length).toBeGreaterThan(30);
  expect(requests.map(({ name }) => name).filter((name) => !cases.some(([each]) => each === name))).toEqual([]);
});

it('finds a known option behind an unknown one, and refuses one of the wrong width', () => {
  marbles(function* () {
    const core = new FloCore();
    const end = new RecordingEnd();
    const events = core.accept(end);
    events.received(Buffer.from(vector('edge/v1-32/req_unknown_option').hex, 'hex'));
    expect([end.written.length, core.parking.size]).toEqual([0, 1]);
    // It waits for 1 ms.
    yield 2;
    expect([end.written.length, core.parking.size]).toEqual([1, 0]);
    events.received(Buffer.from(vector('edge/v1-32/req_option_wrong_width').hex, 'hex'));
    expect(codecFor('v1-32').decodeAnswerHead(end.written[1]!, 0)).toMatchObject({ id: { low: 1 }, status: 3 });
    expect(end.log).toEqual([]);
  });
});

it.each(vectors.filter(({ name }) => name.startsWith('malformed/v1-32/req_')).map(({ name }) => name))(
  '%s: the answer has id 0, then the connection ends',
  (name) => {
    const end = new RecordingEnd();
    new FloCore().accept(end).received(Buffer.from(vector(name).hex, 'hex'));
    expect(end.written.map((frame) => Buffer.from(frame).toString('hex'))).toEqual([
      vector('v1-32/res/refusal_id_zero').hex,
    ]);
    expect(end.log).toEqual(['end']);
  },
);

const refused: readonly (readonly [string, Refusal])[] = [
  ['v1-32/res/unavailable', { status: 12, text: 'shard 3 is offline' }],
  ['v1-32/res/unknown_status', { status: 200, text: 'something new' }],
  ['v2-table/res/overloaded_not_run', { status: 10, text: 'shard busy', reason: 'shard_busy', ran: 'no' }],
  ['v2-table/res/unavailable_unknown', { status: 12, text: 'no leader', reason: 'leader_unknown', ran: 'unknown' }],
  [
    'v2-table/res/internal_committed',
    { status: 9, text: 'committed, not applied', reason: 'committed_not_applied', ran: 'yes' },
  ],
  ['v2-table/res/unknown_status', { status: 200, text: 'something new', reason: 'unclassified', ran: 'unknown' }],
];

it.each(refused)('%s, on demand', (name, refusal) => {
  const { protocol, hex } = vector(name);
  const codec = codecFor(protocol);
  const core = new FloCore();
  const end = new RecordingEnd();
  core.faults.failNext(1, refusal);
  const ping = codec.requestFrame({ low: 1, high: 0 }, codec.ping.opcode, codec.ping.encodeRequest('', undefined));
  core.accept(end).received(ping);
  expect(end.written.map((frame) => Buffer.from(frame).toString('hex'))).toEqual([hex]);
});

function saidIn(name: string): [number, string] {
  const { protocol, hex } = vector(name);
  const frame = Buffer.from(hex, 'hex');
  return [codecFor(protocol).decodeAnswerHead(frame, 0).status, frame.subarray(HEADER_BYTES).toString('hex')];
}
