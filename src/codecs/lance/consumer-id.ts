import { InvalidOptionError } from '../../foundation/errors.js';

const MASK = 0xffff_ffff_ffff_ffffn;

/**
 * The id under which a consumer of this name is known to a server and in files of the Rust client: SipHash-1-3 with
 * zero keys over the UTF-8 bytes and one byte 0xFF (lance.md 7.7). Once per stream, so plain bigint arithmetic will do.
 * @example
 * import { consumerId } from 'sluice/lance';
 * consumerId('my-consumer'); // 18044035401257023742n
 */
export function consumerId(name: string): bigint {
  if (typeof name !== 'string') throw new InvalidOptionError('name', name, 'must be a text');
  const text = Buffer.from(name);
  const bytes = Buffer.alloc((Math.floor((text.length + 1) / 8) + 1) * 8);
  text.copy(bytes);
  bytes[text.length] = 0xff;
  bytes[bytes.length - 1] = (text.length + 1) & 0xff;
  const state: State = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  for (let at = 0; at < bytes.length; at += 8) {
    const word = bytes.readBigUInt64LE(at);
    state[3] ^= word;
    round(state);
    state[0] ^= word;
  }
  state[2] ^= 0xffn;
  for (let i = 0; i < 3; i++) round(state);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

type State = [bigint, bigint, bigint, bigint];

function round(state: State): void {
  let [a, b, c, d] = state;
  a = (a + b) & MASK;
  b = rotate(b, 13n) ^ a;
  a = rotate(a, 32n);
  c = (c + d) & MASK;
  d = rotate(d, 16n) ^ c;
  a = (a + d) & MASK;
  d = rotate(d, 21n) ^ a;
  c = (c + b) & MASK;
  b = rotate(b, 17n) ^ c;
  c = rotate(c, 32n);
  state.splice(0, 4, a, b, c, d);
}

function rotate(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & MASK;
}
