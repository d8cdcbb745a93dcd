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
import { encodeRecords, TlvRecord } from '../src/codecs/lance/tlv.js';
import { MemoryListener } from '../src/transports/memory.js';
import type { ServerEnd, ServerEvents } from '../src/transports/server-end.js';
import { commandIn, expectedFrames, kindOf, type ExpectedFrame } from './expected-frames.js';

export const TOPIC = 'log';
const EVERYTHING = { judgesEarly: false, mostPayload: () => Number.MAX_SAFE_INTEGER };
const TOPICS = encodeTopicList([{ id: 1, name: TOPIC, createdAt: 5n, topicEpoch: 1n }]);
const RECORDS = Array.from({ length: 40 }, (_, i) => TlvRecord.raw(Buffer.alloc(i * 3, i)));
/** What the topic holds. */
export const DATA = encodeRecords(RECORDS);
/** Its records, each by where it starts and what it is. */
export const DUE = RECORDS.map(({ value }, i) => shown(BigInt(encodeRecords(RECORDS.slice(0, i)).length), value));

export function shown(position: bigint, value: Uint8Array): string {
  return `${position}: ${value.length} × ${value[0] ?? ''}`;
}

/** A server that answers as it should, but for some answers. */
export class FuzzPeer {
  readonly listener = new MemoryListener((end) => this.accept(end));
  /** All that it was sent to be stored. */
  ingested = '';
  private request = 0;

  /** The answer to requests `from` (from 0) to `to` is `pieces`; `ends`: and with them the connection. */
  constructor(
    private readonly from: number,
    private readonly to: number,
    private readonly pieces: readonly Uint8Array[],
    private readonly ends: boolean,
  ) {
    this.listener.open();
  }

  private accept(end: ServerEnd): ServerEvents {
    let inbox: Uint8Array = new Uint8Array(0);
    return {
      received: (bytes) => {
        inbox = new Uint8Array(Buffer.concat([inbox, bytes]));
        const { frames } = expectedFrames(inbox, EVERYTHING);
        for (const frame of frames) this.answer(end, frame);
        inbox = inbox.subarray(frames.at(-1)?.end ?? 0);
      },
      drained: () => {},
      ended: () => end.end(),
      closed: () => {},
    };
  }

  private answer(end: ServerEnd, frame: ExpectedFrame): void {
    const request = this.request++;
    if (kindOf(frame) === 'ingest') this.ingested += Buffer.from(frame.payload).toString('latin1');
    if (request < this.from || request > this.to) {
      end.write(properAnswer(frame));
      return;
    }
    for (const piece of this.pieces) end.write(new Uint8Array(piece));
    if (this.ends) end.end();
  }
}

function properAnswer(frame: ExpectedFrame): Uint8Array {
  const kind = kindOf(frame);
  if (kind === 'keepalive') return keepaliveFrame();
  if (kind === 'ingest') return ackFrame(Number(frame.batchId & 0xffff_ffffn), Number(frame.batchId >> 32n));
  const payload = Buffer.from(frame.payload);
  switch (commandIn(frame)) {
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
    case Command.Authenticate:
      return authenticateResponse({ success: true, message: 'Authenticated' });
    default:
      return errorResponse('Topic not found');
  }
}
