import { connect, type Socket } from 'node:net';
import type { ClientProgram, Tally } from '../harness/client-program.js';

const READ_BYTES = 64 << 10;

/** A socket that reads into one static buffer of 64 KiB and only counts: the fastest way there is to receive in Node. */
export function countingSocket(
  port: number,
  tally: Tally,
  failed: (error: unknown) => void,
  read: (count: number) => void,
): Socket {
  const buffer = Buffer.alloc(READ_BYTES);
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (count) => {
        tally.bytes += count;
        read(count);
        return true;
      },
    },
  });
  socket.on('error', failed);
  return socket;
}

export function topicBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id);
  return bytes;
}

/** The baseline of all ratios. */
export const program: ClientProgram = {
  run({ ports, topic }, tally, failed) {
    const socket = countingSocket(ports.firehose, tally, failed, () => undefined);
    socket.write(topicBytes(topic.id));
    return () => socket.destroy();
  },
};
