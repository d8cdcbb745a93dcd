import { connect } from 'node:net';
import type { ClientProgram } from '../harness/client-program.js';

const HEADERS_BYTES = 44 + 5;
const PONG_BYTES = 44;

/** As many bytes as a record in a frame of its own, and as many back as its acknowledgement has: what the way costs. */
export const program: ClientProgram = {
  run({ host, ports, topic }, tally, failed) {
    const ping = Buffer.alloc(HEADERS_BYTES + topic.recordBytes);
    const first = Buffer.alloc(4);
    first.writeUInt32LE(ping.length);
    let missing = PONG_BYTES;
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      socket.write(ping);
    };
    const socket = connect({ host, port: ports.pong, noDelay: true }, () => {
      sentAt = performance.now();
      socket.write(Buffer.concat([first, ping]));
    });
    socket.on('error', failed);
    socket.on('data', (chunk: Buffer) => {
      missing -= chunk.length;
      if (missing > 0) return;
      missing = PONG_BYTES;
      tally.latenciesUs.push((performance.now() - sentAt) * 1000);
      tally.records++;
      tally.bytes += ping.length;
      send();
    });
    return () => socket.destroy();
  },
};
