import { Command } from '../../codecs/lance/commands.js';
import { ackFrame, backpressureFrame, keepaliveFrame } from '../../codecs/lance/frames.js';
import { catchingUpResponse, errorResponse, fetchResponse, textResponse } from '../../codecs/lance/replies.js';
import { encodeTopic, encodeTopicList } from '../../codecs/lance/topic-json.js';
import type { HeardLanceFrame } from './lance-peer.js';

/**
 * What a Lance server can say, for the script of a {@link lancePeer}.
 *
 * @example
 * import { lanceAnswer } from 'sluice/testing';
 * const goingSlowly = [lanceAnswer.backpressure(), lanceAnswer.ack()];
 */
export const lanceAnswer = {
  /** To ListTopics: topics of these names, with the ids from 1 on unless they have others. */
  topics: (...topics: readonly (string | { readonly name: string; readonly id: number })[]): Uint8Array =>
    textResponse(
      Command.TopicResponse,
      encodeTopicList(
        topics.map((topic, index) => ({
          ...(typeof topic === 'string' ? { name: topic, id: index + 1 } : topic),
          createdAt: 0n,
          topicEpoch: 1n,
        })),
      ),
    ),

  /** To CreateTopic and GetTopic. */
  topic: (name: string, id = 1): Uint8Array =>
    textResponse(Command.TopicResponse, encodeTopic({ id, name, createdAt: 0n, topicEpoch: 1n })),

  /** To a Fetch from `start` on: the records that are there, such as `tlv('a', 'b')`. */
  fetched: (start: number, data: Uint8Array = new Uint8Array(0)): Uint8Array =>
    fetchResponse(start + data.length, data),

  /** To a Fetch: the server has data up to this position only, and is getting more. */
  catchingUp: (serverOffset: number): Uint8Array => catchingUpResponse(serverOffset),

  /** To an Ingest: the acknowledgement of just that one. */
  ack:
    () =>
    ({ header }: HeardLanceFrame): Uint8Array =>
      ackFrame(header.batchIdLow, header.batchIdHigh),

  /** To anything: an error with this text (lance.md 6 has those that servers say). */
  error: (text: string): Uint8Array => errorResponse(text),

  backpressure: (): Uint8Array => backpressureFrame(),
  keepalive: (): Uint8Array => keepaliveFrame(),
} as const;
