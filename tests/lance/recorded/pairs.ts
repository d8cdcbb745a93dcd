import type { Frame, Scenario } from '../../embedded/recording.js';

/** A frame that a client sent, and what the genuine server answered: a frame, nothing, or the end of the connection. */
export interface Pair {
  readonly request: Buffer;
  answer: Buffer | 'closed' | 'silence';
}

const HEADER_BYTES = 44;
export const isIngest = (frame: Buffer): boolean => (frame.readUInt8(5) & 0x04) !== 0;
const isAck = (frame: Buffer): boolean => frame.readUInt8(5) === 0x08;
const isError = (frame: Buffer): boolean => frame.readUInt8(5) === 0x40 && frame.readUInt8(12) === 0xff;

function bytesOf(frame: Frame): Buffer {
  if (typeof frame === 'string') return Buffer.from(frame, 'hex');
  const { hex, fill } = frame;
  const head = Buffer.from(hex, 'hex');
  return fill === undefined ? head : Buffer.concat([head, Buffer.alloc(fill.count, Buffer.from(fill.byte, 'hex'))]);
}

/** Who was answered by what: commands and keepalives in their order, acks by their ids (lance.md 1.3). */
export function pairsOf({ steps }: Scenario): Pair[] {
  const pairs: Pair[] = [];
  const open = new Map<string, Pair[]>();
  for (const { on = 'a', send = [], recv = [], closedWithinMs } of steps) {
    const waiting = open.get(on) ?? [];
    open.set(on, waiting);
    for (const frame of send) {
      const pair: Pair = { request: bytesOf(frame), answer: 'silence' };
      pairs.push(pair);
      waiting.push(pair);
    }
    for (const frame of recv) answered(waiting, bytesOf(frame));
    if (closedWithinMs !== undefined) for (const pair of waiting.splice(0)) pair.answer = 'closed';
  }
  return pairs;
}

function answered(waiting: Pair[], answer: Buffer): void {
  const at = waiting.findIndex(({ request }) => {
    if (request.length < HEADER_BYTES) return false;
    if (!isIngest(request)) return !isAck(answer) || request.readUInt8(12) === 0x21;
    return isError(answer) || (isAck(answer) && answer.readBigUInt64LE(12) === request.readBigUInt64LE(12));
  });
  const [pair] = at < 0 ? [] : waiting.splice(at, 1);
  if (pair === undefined) throw new Error(`nobody asked for ${answer.toString('hex', 0, 100)}`);
  pair.answer = answer;
}
