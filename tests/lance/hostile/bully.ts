import { Command } from '../../../src/codecs/lance/commands.js';
import { ackFrame, keepaliveFrame } from '../../../src/codecs/lance/frames.js';
import {
  commitAckResponse,
  errorResponse,
  fetchResponse,
  subscribeAckResponse,
  textResponse,
} from '../../../src/codecs/lance/replies.js';
import { tlv } from '../scene.js';
import type { End, Misbehaviour } from './misbehaviours.js';

const HEADER_BYTES = 44;
const TOPICS = '{"topics":[{"id":1,"name":"log","created_at":5,"topic_epoch":1}]}';
export const RECORDS: readonly string[] = ['one', 'two', 'three'];
const DATA = tlv(RECORDS.map((text) => Buffer.from(text)));
export const DATA_END = BigInt(DATA.length);

/** Which requests are answered badly: a command, or whatever is not acknowledged. */
export type Target = Command | 'ingest';

/** A server that answers one kind of request as it should not, so many times. */
export class Bully {
  /** How many times it still may. */
  left: number;
  /** How often it has. */
  misdeeds = 0;
  /** What it acknowledged. */
  acked = 0;

  constructor(
    private readonly deed: Misbehaviour,
    private readonly target: Target,
    times: number,
  ) {
    this.left = times;
  }

  /** What to do with the bytes of one connection. */
  meets(end: End): (bytes: Uint8Array) => void {
    let inbox = Buffer.alloc(0);
    return (bytes) => {
      inbox = Buffer.concat([inbox, bytes]);
      while (inbox.length >= HEADER_BYTES && inbox.length >= HEADER_BYTES + inbox.readUInt32LE(32)) {
        const length = HEADER_BYTES + inbox.readUInt32LE(32);
        this.answer(end, inbox.subarray(0, length));
        inbox = inbox.subarray(length);
      }
    };
  }

  private answer(end: End, frame: Buffer): void {
    const isIngest = frame.readUInt8(5) === 0x04;
    const isTarget = isIngest ? this.target === 'ingest' : frame.readUInt8(12) === this.target;
    const answer = properAnswer(frame);
    if (!isTarget || this.left <= 0) {
      if (isIngest) this.acked++;
      end.write(answer);
      return;
    }
    this.left--;
    this.misdeeds++;
    this.deed.act(end, answer);
  }
}

function properAnswer(frame: Buffer): Uint8Array {
  if (frame.readUInt8(5) === 0x20) return keepaliveFrame();
  if (frame.readUInt8(5) === 0x04) return ackFrame(frame.readUInt32LE(12), frame.readUInt32LE(16));
  const payload = frame.subarray(HEADER_BYTES);
  switch (frame.readUInt8(12)) {
    case Command.ListTopics:
      return textResponse(Command.TopicResponse, TOPICS);
    case Command.Fetch: {
      const start = payload.readBigUInt64LE(4);
      const from = start > DATA.length ? DATA.length : Number(start);
      const data = DATA.subarray(from, from + payload.readUInt32LE(12));
      return fetchResponse(from + data.length, data);
    }
    case Command.Subscribe:
      return subscribeAckResponse({ consumerId: payload.readBigUInt64LE(16), startOffset: 0n });
    case Command.CommitOffset:
      return commitAckResponse({ consumerId: payload.readBigUInt64LE(4), committedOffset: 0n });
    default:
      return errorResponse('Topic not found');
  }
}
