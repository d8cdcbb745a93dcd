import { readBigU64 } from '../little-endian.js';

/** Behind a text that Rust hashes stands one byte, so that "a" + "bc" and "ab" + "c" differ. */
const END_OF_TEXT = 0xff;

/**
 * The u64 under which a consumer's name is known on the wire and in the official Rust client's offset files:
 * SipHash-1-3 with zero keys, as Rust's `DefaultHasher` (lance.md 7.7).
 *
 * @example
 * consumerId('my-consumer'); // 18044035401257023742n
 */
export function consumerId(name: string): bigint {
  const text = new TextEncoder().encode(name);
  const length = text.length + 1;
  const padded = new Uint8Array(Math.floor(length / 8) * 8 + 8);
  padded.set(text);
  padded[text.length] = END_OF_TEXT;
  padded[padded.length - 1] = length;

  const v: State = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  for (let at = 0; at < padded.length; at += 8) {
    const word = readBigU64(padded, at);
    v[3] ^= word;
    round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  round(v);
  round(v);
  round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

type State = [bigint, bigint, bigint, bigint];

function round(v: State): void {
  v[0] = u64(v[0] + v[1]);
  v[1] = rotated(v[1], 13n) ^ v[0];
  v[0] = rotated(v[0], 32n);
  v[2] = u64(v[2] + v[3]);
  v[3] = rotated(v[3], 16n) ^ v[2];
  v[0] = u64(v[0] + v[3]);
  v[3] = rotated(v[3], 21n) ^ v[0];
  v[2] = u64(v[2] + v[1]);
  v[1] = rotated(v[1], 17n) ^ v[2];
  v[2] = rotated(v[2], 32n);
}

function rotated(word: bigint, bits: bigint): bigint {
  return u64(word << bits) | (word >> (64n - bits));
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
