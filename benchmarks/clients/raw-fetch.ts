import { controlFrame } from '../fake-server/frames.js';
import type { ClientProgram } from '../harness/client-program.js';
import { countingSocket } from './raw-socket.js';

const FETCH = 0x10;
const HEADS_BYTES = 44 + 16;

/** Fetches of equal length, whose places are known beforehand, counted and thrown away: what the server can do. */
export const program: ClientProgram = {
  run({ host, ports, topic, settings: { fetchBytes = 1 << 20, inFlight = 1 } }, tally, failed) {
    const end = topic.totalBytes ?? Number.MAX_SAFE_INTEGER;
    const answerBytes = HEADS_BYTES + fetchBytes;
    let start = 0;
    let missing = answerBytes;
    const ask = (): void => {
      const payload = Buffer.alloc(16);
      payload.writeUInt32LE(topic.id);
      payload.writeBigUInt64LE(BigInt(start), 4);
      payload.writeUInt32LE(fetchBytes, 12);
      start = start + fetchBytes >= end ? 0 : start + fetchBytes;
      socket.write(controlFrame(FETCH, payload));
    };
    const read = (count: number): void => {
      for (missing -= count; missing <= 0; missing += answerBytes) ask();
    };
    const socket = countingSocket({ host, port: ports.lwp, tally, failed, read });
    for (let sent = 0; sent < inFlight; sent++) ask();
    return () => socket.destroy();
  },
};
