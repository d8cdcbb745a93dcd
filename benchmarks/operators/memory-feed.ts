import type { Channel, ChannelEvents, Connector } from 'sluice/lance';
import { ackFrame, controlFrame, HEADER_BYTES, PreparedFrames, Reply } from '../fake-server/frames.js';
import { SyntheticTopic, type TopicPlan } from '../fake-server/synthetic-topic.js';

const CONTROL_FLAG = 0x40;
const Request = { list: 0x03, fetch: 0x10 } as const;

/** A connection that answers out of memory, a turn later: what a client costs when there is no socket. */
export function memoryFeed(topic: TopicPlan): Connector {
  const frames = new PreparedFrames(new SyntheticTopic(topic));
  return {
    address: 'memory',
    connect: (events): Channel => {
      let isOpen = true;
      const later = (answer: () => Buffer): void => void setImmediate(() => isOpen && deliver(answer(), events));
      setImmediate(() => isOpen && events.opened());
      return {
        write: (bytes) => {
          // One write may carry several requests.
          for (let at = 0; at < bytes.length;) {
            const view = Buffer.from(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
            const end = HEADER_BYTES + view.readUInt32LE(32);
            const isControl = (view[5]! & CONTROL_FLAG) !== 0;
            // A copy: what is written may be another frame by then. Of a batch only its header matters.
            const request = Buffer.from(view.subarray(0, isControl ? end : HEADER_BYTES));
            later(() => (isControl ? answerTo(request, topic, frames) : ackOf(request)));
            at += end;
          }
          return true;
        },
        close: () => {
          isOpen = false;
        },
      };
    },
  };
}

function answerTo(request: Buffer, topic: TopicPlan, frames: PreparedFrames): Buffer {
  if (request[12] === Request.fetch) {
    const start = Number(request.readBigUInt64LE(HEADER_BYTES + 4));
    return frames.at(start, request.readUInt32LE(HEADER_BYTES + 12)).bytes;
  }
  const topics = [{ id: topic.id, name: topic.name, created_at: 1_700_000_000, topic_epoch: 1 }];
  return controlFrame(Reply.topic, Buffer.from(JSON.stringify(request[12] === Request.list ? { topics } : topics[0])));
}

function ackOf(ingest: Buffer): Buffer {
  const ack = ackFrame();
  ingest.copy(ack, 12, 12, 20);
  return ack;
}

function deliver(bytes: Buffer, events: ChannelEvents): void {
  for (let at = 0; at < bytes.length;) {
    const target = events.target();
    const count = bytes.copy(target, 0, at, Math.min(bytes.length, at + target.length));
    at += count;
    events.received(count);
  }
}
