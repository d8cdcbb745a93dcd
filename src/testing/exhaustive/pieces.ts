import type { Cuts } from './cuts.js';

const AROUND = 8;
/** Neither 0 nor anything that a length or a text begins with. */
const FILLER = 0xdb;

/**
 * The bytes in pieces. Each lies in memory of its own with other bytes before and behind it, as in the buffer of a
 * socket: who reads `piece.buffer` or beyond the end of a piece reads those.
 */
export function cutInto(bytes: Uint8Array, cuts: Cuts): Uint8Array[] {
  const memory = new Uint8Array(bytes.length + AROUND * (cuts.length + 2)).fill(FILLER);
  let start = 0;
  return [...cuts, bytes.length].map((end, index) => {
    const at = start + AROUND * (index + 1);
    memory.set(bytes.subarray(start, end), at);
    const piece = memory.subarray(at, at + end - start);
    start = end;
    return piece;
  });
}
