import { connect, type Socket } from 'node:net';
import type { ClientProgram, Tally } from '../harness/client-program.js';

const READ_BYTES = 64 << 10;

/** Where a raw client reads, and whom it tells. */
export interface RawReader {
  readonly host: string;
  readonly port: number;
  readonly tally: Tally;
  readonly failed: (error: unknown) => void;
  read(count: number, buffer: Buffer): void;
}

/** A socket that reads into one static buffer of 64 KiB and only counts: the fastest way there is to receive in Node. */
export function countingSocket({ host, port, tally, failed, read }: RawReader): Socket {
  const buffer = Buffer.alloc(READ_BYTES);
  const socket = connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (count) => {
        tally.bytes += count;
        read(count, buffer);
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
  run({ host, ports, topic }, tally, failed) {
    const socket = countingSocket({ host, port: ports.firehose, tally, failed, read: () => undefined });
    socket.write(topicBytes(topic.id));
    return () => socket.destroy();
  },
};
