import { Command } from '../../../../src/codecs/lance/commands.js';
import { commandOf, encodeHeader, Flag, HEADER_BYTES } from '../../../../src/codecs/lance/header.js';
import * as payloads from '../../../../src/codecs/lance/request-payloads.js';
import * as requests from '../../../../src/codecs/lance/requests.js';
import { readFrame } from '../reading.js';
import { each, fromHex, hex, num, str, u64, type Check, type Input } from './vectors.js';

type Read = (bytes: Uint8Array, start: number, end: number) => unknown;

function request(encode: (input: Input) => Uint8Array, read: Read, fields: (input: Input) => unknown): Check {
  return ({ input, hex: bytes }) => {
    const { header, payload } = readFrame(fromHex(bytes));
    return {
      encoded: hex(encode(input)),
      decoded: [header.kind, commandOf(header), read(payload, 0, payload.length)],
      fields: ['control', input['command'], fields(input)],
    };
  };
}

const length: Read = (_bytes, start, end) => end - start;

function startOf(input: Input): bigint | 'end' {
  const start = u64(input['startOffset']);
  return start === 2n ** 64n - 1n ? 'end' : start;
}

const fetch = request(
  (input) => requests.fetchRequest(num(input['topicId']), startOf(input), num(input['maxBytes'])),
  payloads.readFetch,
  (input) => {
    const start = startOf(input);
    return { topicId: input['topicId'], start: start === 'end' ? start : Number(start), maxBytes: input['maxBytes'] };
  },
);

const subscribe = request(
  ({ topicId, startOffset, maxBatchBytes, consumerId }) =>
    requests.subscribeRequest(num(topicId), u64(startOffset), num(maxBatchBytes), u64(consumerId)),
  payloads.readSubscribe,
  ({ topicId, startOffset, maxBatchBytes, consumerId }) => {
    return { topicId, startOffset: u64(startOffset), maxBatchBytes, consumerId: u64(consumerId) };
  },
);

/** Frames that only other clients send: made from their header. */
function headerOnly(input: Input): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES);
  const command = num(input['batchId'] ?? input['command']);
  encodeHeader(frame, 0, { flags: num(input['flags'] ?? Flag.Control), batchIdLow: command });
  return frame;
}

const listTopicsOddly: Check = ({ input, hex: bytes }) => {
  const { header } = readFrame(fromHex(bytes));
  return {
    encoded: hex(headerOnly(input)),
    decoded: [header.kind, commandOf(header)],
    fields: ['control', Command.ListTopics],
  };
};

export const requestChecks: Readonly<Record<string, Check>> = {
  req_create_topic: request(
    ({ name }) => requests.createTopicRequest(str(name)),
    payloads.readText,
    ({ name }) => name,
  ),
  req_delete_topic: request(
    ({ topicId }) => requests.deleteTopicRequest(num(topicId)),
    payloads.readTopicId,
    ({ topicId }) => topicId,
  ),
  req_list_topics: request(requests.listTopicsRequest, length, () => 0),
  req_get_topic: request(
    ({ topicId }) => requests.getTopicRequest(num(topicId)),
    payloads.readTopicId,
    ({ topicId }) => topicId,
  ),
  req_set_retention: request(
    ({ topicId, maxAgeSecs, maxBytes }) => requests.setRetentionRequest(num(topicId), u64(maxAgeSecs), u64(maxBytes)),
    payloads.readSetRetention,
    ({ topicId, maxAgeSecs, maxBytes }) => ({ topicId, maxAgeSecs: u64(maxAgeSecs), maxBytes: u64(maxBytes) }),
  ),
  req_create_topic_with_retention: request(
    ({ name, maxAgeSecs, maxBytes }) =>
      requests.createTopicWithRetentionRequest(str(name), u64(maxAgeSecs), u64(maxBytes)),
    payloads.readCreateTopicWithRetention,
    ({ name, maxAgeSecs, maxBytes }) => ({ name, maxAgeSecs: u64(maxAgeSecs), maxBytes: u64(maxBytes) }),
  ),
  ...each(['req_fetch_begin', 'req_fetch_tail_sentinel', 'req_fetch_python_seek_to_end'], fetch),
  ...each(['req_subscribe', 'req_subscribe_u64_consumer'], subscribe),
  req_unsubscribe: request(
    ({ topicId, consumerId }) => requests.unsubscribeRequest(num(topicId), u64(consumerId)),
    payloads.readUnsubscribe,
    ({ topicId, consumerId }) => ({ topicId, consumerId: u64(consumerId) }),
  ),
  req_commit_offset: request(
    ({ topicId, consumerId, offset }) => requests.commitOffsetRequest(num(topicId), u64(consumerId), u64(offset)),
    payloads.readCommitOffset,
    ({ topicId, consumerId, offset }) => ({ topicId, consumerId: u64(consumerId), offset: u64(offset) }),
  ),
  req_get_cluster_status: request(requests.getClusterStatusRequest, length, () => 0),
  req_authenticate: request(
    ({ token }) => requests.authenticateRequest(str(token)),
    payloads.readText,
    ({ token }) => token,
  ),
  ...each(['req_command_high_bits_ignored', 'req_control_plus_keepalive_flags'], listTopicsOddly),
};
