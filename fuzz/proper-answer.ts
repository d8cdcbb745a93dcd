import { Command } from '../src/codecs/lance/commands.js';
import { ackFrame, keepaliveFrame } from '../src/codecs/lance/frames.js';
import {
  authenticateResponse,
  commitAckResponse,
  errorResponse,
  fetchResponse,
  subscribeAckResponse,
  textResponse,
} from '../src/codecs/lance/replies.js';
import { encodeTopicList } from '../src/codecs/lance/topic-json.js';
import { commandIn, expectedFrames, kindOf, type ExpectedFrame } from './expected-frames.js';

const EVERYTHING = { judgesEarly: false, mostPayload: () => Number.MAX_SAFE_INTEGER };

/** What a server answers that has one topic, with this data in it, and lets everybody in. */
export function properAnswers(topic: string, data: Uint8Array): (frame: ExpectedFrame) => Uint8Array {
  const topics = encodeTopicList([{ id: 1, name: topic, createdAt: 5n, topicEpoch: 1n }]);
  return (frame) => {
    const kind = kindOf(frame);
    if (kind === 'keepalive') return keepaliveFrame();
    if (kind === 'ingest') return ackFrame(Number(frame.batchId & 0xffff_ffffn), Number(frame.batchId >> 32n));
    const payload = Buffer.from(frame.payload);
    switch (commandIn(frame)) {
      case Command.ListTopics:
        return textResponse(Command.TopicResponse, topics);
      case Command.Fetch: {
        const start = payload.readBigUInt64LE(4);
        const from = start > data.length ? data.length : Number(start);
        const found = data.subarray(from, from + payload.readUInt32LE(12));
        return fetchResponse(from + found.length, found);
      }
      case Command.Subscribe:
        return subscribeAckResponse({ consumerId: payload.readBigUInt64LE(16), startOffset: 0n });
      case Command.CommitOffset:
        return commitAckResponse({ consumerId: payload.readBigUInt64LE(4), committedOffset: 0n });
      case Command.Authenticate:
        return authenticateResponse({ success: true, message: 'Authenticated' });
      default:
        return errorResponse('Topic not found');
    }
  };
}

/** What a client says, frame by frame, as it comes in. */
export function framesOf(hear: (frame: ExpectedFrame) => void): (bytes: Uint8Array) => void {
  let inbox: Uint8Array = new Uint8Array(0);
  return (bytes) => {
    inbox = new Uint8Array(Buffer.concat([inbox, bytes]));
    const { frames } = expectedFrames(inbox, EVERYTHING);
    inbox = inbox.subarray(frames.at(-1)?.end ?? 0);
    for (const frame of frames) hear(frame);
  };
}
