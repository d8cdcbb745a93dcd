import type { Socket } from 'node:net';
import { catchingUp, controlFrame, emptyFetch, HEADER_BYTES, keepaliveFrame, Reply } from './frames.js';
import type { ServedTopic } from './served-topic.js';

const CONTROL_FLAG = 0x40;
const KEEPALIVE_FLAG = 0x20;
const Request = { list: 0x03, get: 0x04, fetch: 0x10 } as const;
const LARGEST_FETCH = (16 << 20) - 60;

/** Answers list, get, fetch and keepalive as a Lance server does, in order; refuses everything else in its words. */
export function serveLwp(socket: Socket, topics: readonly ServedTopic[]): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + pending.readUInt32LE(32);
      if (pending.length < end) break;
      answer(socket, topics, pending.subarray(0, end));
      pending = pending.subarray(end);
    }
  });
}

function answer(socket: Socket, topics: readonly ServedTopic[], request: Buffer): void {
  const flags = request[5]!;
  if ((flags & CONTROL_FLAG) === 0) {
    if ((flags & KEEPALIVE_FLAG) !== 0) socket.write(keepaliveFrame());
    return;
  }
  const payload = request.subarray(HEADER_BYTES);
  switch (request[12]) {
    case Request.list:
      socket.write(json({ topics: topics.map(describe) }));
      return;
    case Request.get: {
      const topic = find(topics, payload.length < 4 ? 0 : payload.readUInt32LE(0));
      socket.write(topic === undefined ? error('Topic not found') : json(describe(topic)));
      return;
    }
    case Request.fetch:
      fetch(socket, topics, payload);
      return;
    default:
      socket.write(error('Invalid client command'));
  }
}

function fetch(socket: Socket, topics: readonly ServedTopic[], payload: Buffer): void {
  if (payload.length < 16) {
    socket.write(error('Protocol error: Fetch request payload too small'));
    return;
  }
  const id = payload.readUInt32LE(0);
  const topic = find(topics, id);
  if (topic === undefined) {
    socket.write(error(`Topic ${id} not found`));
    return;
  }
  const start = payload.readUInt32LE(4) + payload.readUInt32LE(8) * 2 ** 32;
  const length = Math.min(payload.readUInt32LE(12), LARGEST_FETCH, topic.end - start);
  if (start >= 2 ** 64) socket.write(emptyFetch(topic.end));
  else if (length > 0) topic.send(socket, start, length);
  else if (start > topic.end) socket.write(catchingUp(topic.end));
  else socket.write(emptyFetch(start));
}

const find = (topics: readonly ServedTopic[], id: number): ServedTopic | undefined =>
  topics.find((topic) => topic.id === id);

const describe = ({ id, name }: ServedTopic): object => ({ id, name, created_at: 1_700_000_000, topic_epoch: 1 });

const json = (value: object): Buffer => controlFrame(Reply.topic, Buffer.from(JSON.stringify(value)));

const error = (text: string): Buffer => controlFrame(Reply.error, Buffer.from(text));
