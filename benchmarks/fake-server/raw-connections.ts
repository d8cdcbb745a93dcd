import type { Socket } from 'node:net';
import { HEADER_BYTES } from './frames.js';
import type { ServedTopic } from './served-topic.js';

/** A raw client says in its first four bytes which topic it wants. */
const TOPIC_BYTES = 4;
/** Two writes under way keep the socket busy while the loop prepares the next frame. */
const UNDER_WAY = 2;

/** The same frames as a fetch gets, one after the other, as fast as the socket takes them. */
export function serveFirehose(socket: Socket, topics: readonly ServedTopic[], fetchBytes: number): void {
  socket.once('data', (chunk: Buffer) => {
    const topic = topics.find(({ id }) => id === chunk.readUInt32LE(0));
    if (topic === undefined) return void socket.destroy();
    let position = 0;
    const next = (): void => {
      if (!socket.writable) return;
      topic.send(socket, position, fetchBytes, next);
      position += fetchBytes;
    };
    for (let started = 0; started < UNDER_WAY; started++) next();
  });
}

/** The same frames, one for every four bytes (the topic's id) that arrive: what a fetch costs without a protocol. */
export function serveRequests(socket: Socket, topics: readonly ServedTopic[], fetchBytes: number): void {
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (; rest.length >= TOPIC_BYTES; rest = rest.subarray(TOPIC_BYTES)) {
      const topic = topics.find(({ id }) => id === rest.readUInt32LE(0));
      if (topic === undefined) return void socket.destroy();
      topic.send(socket, position, fetchBytes);
      position += fetchBytes;
    }
  });
}

/** Says first how long a ping is; each one is then answered with as much as an acknowledgement is long. */
export function servePongs(socket: Socket): void {
  const pong = Buffer.alloc(HEADER_BYTES);
  let pingBytes: number | undefined;
  let missing = 0;
  socket.on('data', (chunk: Buffer) => {
    let count = chunk.length;
    if (pingBytes === undefined) {
      pingBytes = missing = chunk.readUInt32LE(0);
      count -= 4;
    }
    for (missing -= count; missing <= 0; missing += pingBytes) socket.write(pong);
  });
}
