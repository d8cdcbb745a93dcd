import { connect } from 'node:net';
import { FrameReader } from '../../src/codecs/lance/frame-reader.js';
import { FETCH_HEAD_BYTES } from '../../src/codecs/lance/replies.js';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
import type { ClientProgram } from '../harness/client-program.js';

const FETCH_BYTES = 1 << 20;
const TAIL = 64 << 10;

function index(bytes: Uint8Array, start: number, end: number): { offsets: Uint32Array; count: number; end: number } {
  let offsets = new Uint32Array(Math.max(16, (end - start) >> 6));
  let count = 0;
  let at = start;
  while (end - at >= 5) {
    const length = (bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24)) >>> 0;
    if (length > 16777216) throw new Error('too long');
    const next = at + 5 + length;
    if (next > end) break;
    if (count === offsets.length) {
      const more = new Uint32Array(count * 2);
      more.set(offsets);
      offsets = more;
    }
    offsets[count++] = at;
    at = next;
  }
  return { offsets, count, end: at };
}

export const program: ClientProgram = {
  run({ ports, topic }, tally, failed) {
    let carry: Uint8Array = new Uint8Array(0);
    const reader = new FrameReader({
      maxPayload: () => FETCH_BYTES + 16,
      headroom: () => TAIL,
      begun(_header, bytes, at) {
        const next =
          bytes[at]! +
          bytes[at + 1]! * 256 +
          bytes[at + 2]! * 65536 +
          bytes[at + 3]! * 2 ** 24 +
          bytes[at + 4]! * 2 ** 32 +
          bytes[at + 5]! * 2 ** 40;
        socket.write(fetchRequest(topic.id, next, FETCH_BYTES));
      },
      frame(_header, buffer, start, end) {
        const from = start + FETCH_HEAD_BYTES - carry.length;
        buffer.set(carry, from);
        const batch = index(buffer, from, end);
        carry = buffer.subarray(batch.end, end);
        tally.records += batch.count;
        tally.bytes += batch.end - from;
      },
    });
    const socket = connect({
      host: '127.0.0.1',
      port: ports.lwp,
      noDelay: true,
      onread: {
        buffer: () => reader.target(),
        callback: (count) => {
          try {
            reader.received(count);
          } catch (error) {
            failed(error);
            socket.destroy();
          }
          return true;
        },
      },
    });
    socket.on('error', failed);
    socket.write(fetchRequest(topic.id, 0, FETCH_BYTES));
    return () => socket.destroy();
  },
};
