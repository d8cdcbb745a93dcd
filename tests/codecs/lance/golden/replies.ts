import {
  decodeClusterStatus,
  encodeClusterStatus,
  type ClusterStatus,
} from '../../../../src/codecs/lance/cluster-json.js';
import { Command } from '../../../../src/codecs/lance/commands.js';
import { commandOf } from '../../../../src/codecs/lance/header.js';
import * as replies from '../../../../src/codecs/lance/replies.js';
import { decodeRecords } from '../../../../src/codecs/lance/tlv.js';
import * as topics from '../../../../src/codecs/lance/topic-json.js';
import { readFrame } from '../reading.js';
import { each, fromHex, hex, named, num, str, u64, vector, type Check, type Input } from './vectors.js';

type Read = (bytes: Uint8Array, start: number, end: number) => unknown;

function reply(
  command: number,
  encode: (input: Input) => Uint8Array,
  read: Read,
  fields: (input: Input) => unknown,
): Check {
  return ({ input, hex: bytes }) => {
    const { header, payload } = readFrame(fromHex(bytes));
    return {
      encoded: hex(encode(input)),
      decoded: [header.kind, commandOf(header), read(payload, 0, payload.length)],
      fields: ['control', command, fields(input)],
    };
  };
}

/** A reply in JSON: `encode` and `decode` are given text, `fields` the parsed JSON of the vector. */
function described<J>(
  command: number,
  encode: (json: J) => string,
  decode: (text: string) => unknown,
  fields: (json: J) => unknown,
): Check {
  return reply(
    command,
    ({ json }) => replies.textResponse(command, encode(json as J)),
    (bytes, start, end) => decode(replies.decodeReplyText(bytes, start, end)),
    ({ json }) => fields(json as J),
  );
}

interface TopicJson {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly topic_epoch: number;
  readonly max_age_secs?: number;
  readonly max_bytes?: number;
}

function topic(json: TopicJson): topics.DecodedTopic {
  const info = { id: json.id, name: json.name, createdAt: u64(json.created_at), topicEpoch: u64(json.topic_epoch) };
  if (json.max_bytes === undefined) return info;
  return { ...info, retention: { maxAgeSecs: u64(json.max_age_secs), maxBytes: u64(json.max_bytes) } };
}

const oneTopic = described<TopicJson>(
  Command.TopicResponse,
  (json) => topics.encodeTopic(topic(json)),
  topics.decodeTopic,
  topic,
);

const topicList = described<{ topics: TopicJson[] }>(
  Command.TopicResponse,
  (json) => topics.encodeTopicList(json.topics.map(topic)),
  topics.decodeTopicList,
  (json) => json.topics.map(topic),
);

const topicDeleted = described<{ deleted: number }>(
  Command.TopicResponse,
  (json) => topics.encodeDeleted(json.deleted),
  topics.decodeDeleted,
  (json) => json.deleted,
);

const retentionSet = described<{ topic_id: number; max_age_secs: number; max_bytes: number }>(
  Command.TopicResponse,
  ({ topic_id: topicId, max_age_secs: maxAgeSecs, max_bytes: maxBytes }) =>
    topics.encodeRetentionSet(topicId, { maxAgeSecs: u64(maxAgeSecs), maxBytes: u64(maxBytes) }),
  topics.decodeRetentionSet,
  ({ topic_id: topicId, max_age_secs: maxAgeSecs, max_bytes: maxBytes }) => {
    return { topicId, maxAgeSecs: u64(maxAgeSecs), maxBytes: u64(maxBytes) };
  },
);

interface ClusterJson {
  readonly node_id: number;
  readonly is_leader: boolean;
  readonly leader_id: number;
  readonly current_term: number;
  readonly node_count: number;
  readonly healthy_nodes: number;
  readonly quorum_available: boolean;
  readonly peer_states: Record<string, string>;
  readonly mode?: string;
}

function status(json: ClusterJson): ClusterStatus {
  const fields = {
    nodeId: json.node_id,
    isLeader: json.is_leader,
    leaderId: json.leader_id,
    currentTerm: u64(json.current_term),
    nodeCount: json.node_count,
    healthyNodes: json.healthy_nodes,
    quorumAvailable: json.quorum_available,
    peerStates: json.peer_states,
  };
  return json.mode === undefined ? fields : { ...fields, mode: json.mode };
}

const cluster = described<ClusterJson>(
  Command.ClusterStatusResponse,
  (json) => encodeClusterStatus(status(json)),
  decodeClusterStatus,
  status,
);

const fetched = reply(
  Command.FetchResponse,
  ({ nextOffset, dataHex }) => replies.fetchResponse(num(nextOffset), fromHex(str(dataHex))),
  (bytes, start, end) => {
    const head = replies.decodeFetchHead(bytes, start, end - start);
    return { ...head, dataHex: hex(bytes.subarray(start + replies.FETCH_HEAD_BYTES, end)) };
  },
  ({ nextOffset, bytesReturned, dataHex }) => ({ nextOffset: num(nextOffset), byteCount: bytesReturned, dataHex }),
);

/** Fetched as any other, and what `expect` says about its records holds. */
const cut: Check = (one) => {
  const before = one.name === 'resp_fetch_cut_part2' ? str(vector('resp_fetch_cut_part1').expect?.['carryHex']) : '';
  const data = fromHex(before + str(one.input['dataHex']));
  const { records, end } = decodeRecords(data);
  const found =
    before === ''
      ? { completeRecords: records.length, carryHex: hex(data.subarray(end)) }
      : { records: records.map(({ type, value }) => ({ type, valueHex: hex(value) })) };
  const { parseInput: _, ...expected } = one.expect ?? {};
  const { encoded, decoded, fields } = fetched(one);
  return { encoded, decoded: [decoded, found], fields: [fields, expected] };
};

export const replyChecks: Readonly<Record<string, Check>> = {
  ...each(['resp_topic_created', 'resp_topic_created_with_retention'], oneTopic),
  ...each(['resp_topic_list', 'resp_topic_list_empty'], topicList),
  resp_topic_deleted: topicDeleted,
  resp_retention_set: retentionSet,
  ...each(['resp_cluster_status_standalone', 'resp_cluster_status_cluster'], cluster),
  ...each(['resp_fetch_two_records', 'resp_fetch_empty_at_end', 'resp_fetch_tail_sentinel'], fetched),
  ...each(['resp_fetch_cut_part1', 'resp_fetch_cut_part2'], cut),
  resp_catching_up: reply(
    Command.CatchingUp,
    ({ serverOffset }) => replies.catchingUpResponse(num(serverOffset)),
    replies.decodeCatchingUp,
    ({ serverOffset }) => u64(serverOffset),
  ),
  resp_subscribe_ack: reply(
    Command.SubscribeAck,
    ({ consumerId, startOffset }) =>
      replies.subscribeAckResponse({ consumerId: u64(consumerId), startOffset: u64(startOffset) }),
    replies.decodeSubscribeAck,
    ({ consumerId, startOffset }) => ({ consumerId: u64(consumerId), startOffset: u64(startOffset) }),
  ),
  resp_commit_ack: reply(
    Command.CommitAck,
    ({ consumerId, committedOffset }) =>
      replies.commitAckResponse({ consumerId: u64(consumerId), committedOffset: u64(committedOffset) }),
    replies.decodeCommitAck,
    ({ consumerId, committedOffset }) => ({ consumerId: u64(consumerId), committedOffset: u64(committedOffset) }),
  ),
  ...each(
    ['resp_auth_ok', 'resp_auth_bad_token'],
    reply(
      Command.AuthenticateResponse,
      ({ success, message }) => replies.authenticateResponse({ success: success === true, message: str(message) }),
      replies.decodeAuthenticateResponse,
      ({ success, message }) => ({ success, message }),
    ),
  ),
  ...each(
    named('err_'),
    reply(
      Command.ErrorResponse,
      ({ message }) => replies.errorResponse(str(message)),
      replies.decodeReplyText,
      ({ message }) => message,
    ),
  ),
};
