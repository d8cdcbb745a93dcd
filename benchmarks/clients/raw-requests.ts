import type { ClientProgram } from '../harness/client-program.js';
import { countingSocket, topicBytes } from './raw-socket.js';

const IN_FLIGHT = 2;
const FRAME_BYTES = (1 << 20) + 60;

/** Two requests in flight, no protocol: what asking costs by itself. Shown, never judged. */
export const program: ClientProgram = {
  run({ host, ports, topic }, tally, failed) {
    const request = topicBytes(topic.id);
    let missing = FRAME_BYTES;
    const read = (count: number): void => {
      for (missing -= count; missing <= 0; missing += FRAME_BYTES) socket.write(request);
    };
    const socket = countingSocket({ host, port: ports.request, tally, failed, read });
    for (let sent = 0; sent < IN_FLIGHT; sent++) socket.write(request);
    return () => socket.destroy();
  },
};
