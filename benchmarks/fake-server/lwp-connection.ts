import type { Socket } from 'node:net';
import { Acks } from './acks.js';
import { catchingUp, controlFrame, emptyFetch, HEADER_BYTES, keepaliveFrame, Reply } from './frames.js';
import type { ServedTopic } from './served-topic.js';

const CONTROL_FLAG = 0x40;
const KEEPALIVE_FLAG = 0x20;
const Request = { list: 0x03, get: 0x04, fetch: 0x10 } as const;
const LARGEST_FETCH = (16 << 20) - 60;

/**
 * Answers list, get, fetch, keepalive and ingest as a Lance server does, in order; refuses everything else in its words.
 * What is written is counted and acknowledged, and looked at only while it is being collected: this must cost no more
 * than a raw socket's peer does.
 */
export function serveLwp(socket: Socket, topics: readonly ServedTopic[]): void {
  const split = Buffer.alloc(HEADER_BYTES);
  const acks = new Acks(socket);
  /** The current header: mostly where it was read to. */
  let bytes: Buffer = split;
  let headerAt = 0;
  let filled = 0;
  /** What is still missing of the current payload, and the parts that are here if they matter. */
  let missing = 0;
  let parts: Buffer[] | undefined;
  let target: ServedTopic | undefined;

  const isIngest = (): boolean => (bytes[headerAt + 5]! & (CONTROL_FLAG | KEEPALIVE_FLAG)) === 0;
  const begun = (): void => {
    missing = bytes.readUInt32LE(headerAt + 32);
    target = isIngest() ? find(topics, bytes.readUInt32LE(headerAt + 40)) : undefined;
    parts = target === undefined || target.collection !== undefined ? [] : undefined;
  };
  const ended = (): void => {
    filled = 0;
    if (target !== undefined && parts === undefined) {
      acks.add(bytes, headerAt);
      return;
    }
    const header = bytes.subarray(headerAt, headerAt + HEADER_BYTES);
    const payload = Buffer.concat(parts ?? []);
    if (target !== undefined) {
      target.collection?.add(header, payload);
      acks.add(header, 0);
    } else if (isIngest()) socket.write(error('Unknown topic'));
    else {
      acks.flush();
      answer(socket, topics, header, payload);
    }
  };
  const header = (chunk: Buffer, at: number): number => {
    const isWhole = filled === 0 && chunk.length - at >= HEADER_BYTES;
    const count = Math.min(chunk.length - at, HEADER_BYTES - filled);
    bytes = isWhole ? chunk : split;
    headerAt = isWhole ? at : 0;
    if (!isWhole) chunk.copy(split, filled, at, at + count);
    filled += count;
    if (filled === HEADER_BYTES) begun();
    return at + count;
  };
  const payload = (chunk: Buffer, at: number): number => {
    const end = Math.min(chunk.length, at + missing);
    parts?.push(chunk.subarray(at, end));
    missing -= end - at;
    return end;
  };

  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      at = filled < HEADER_BYTES ? header(chunk, at) : payload(chunk, at);
      if (filled === HEADER_BYTES && missing === 0) ended();
    }
    acks.flush();
  });
}

function answer(socket: Socket, topics: readonly ServedTopic[], header: Buffer, payload: Buffer): void {
  if ((header[5]! & CONTROL_FLAG) === 0) {
    socket.write(keepaliveFrame());
    return;
  }
  switch (header[12]) {
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
  else if (length > 0) topic.answer(socket, start, length);
  else if (start > topic.end) socket.write(catchingUp(topic.end));
  else socket.write(emptyFetch(start));
}

const find = (topics: readonly ServedTopic[], id: number): ServedTopic | undefined =>
  topics.find((topic) => topic.id === id);

const describe = ({ id, name }: ServedTopic): object => ({ id, name, created_at: 1_700_000_000, topic_epoch: 1 });

const json = (value: object): Buffer => controlFrame(Reply.topic, Buffer.from(JSON.stringify(value)));

const error = (text: string): Buffer => controlFrame(Reply.error, Buffer.from(text));
