import { crc32 } from 'node:zlib';
import type { Dice } from '../soak/dice.js';

/** Changes some bytes; may return others of any length. */
type Mutation = (bytes: Buffer, dice: Dice, other: Uint8Array) => Buffer;

const HEADER_BYTES = 44;
const COMMANDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x10, 0x11, 0x12, 0x20, 0x21, 0x22, 0x23, 0x24, 0x80, 0x81, 0xff];
const FLAGS = [0, 0x01, 0x02, 0x04, 0x05, 0x08, 0x0c, 0x10, 0x20, 0x2c, 0x40, 0x60, 0x80, 0xff];
const BYTES = [0, 1, 4, 5, 0x10, 0x7f, 0x80, 0xfe, 0xff];
const U32 = [
  0, 1, 4, 5, 15, 16, 17, 43, 44, 0xff, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, 0x100_0001, 0x7fff_ffff, 0x8000_0000,
  0xffff_fffb, 0xffff_ffff,
];
const U64 = [0n, 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n];
const FIELDS = [0, 4, 5, 6, 8, 12, 20, 28, 32, 36, 40];
const TOKENS = [
  ...['null', '-1', '1e999', '1.5', '0', '18446744073709551615', '18446744073709551616', '9007199254740993', 'true'],
  ...[
    '{}',
    '[]',
    '[[[[',
    '{"a":{"a":',
    '"',
    '\\',
    '"\\ud800"',
    '"__proto__":{},',
    '""',
    ',',
    '}',
    ']',
    ' ',
    '\0',
    '\ud83d',
  ],
  ...[
    'FORWARD_FAILED: ',
    'NOT_LEADER: redirect to ',
    'NOT_LEADER: redirect to [::1]:1992',
    '{"code":32,"message":"x"}',
  ],
  ...["Topic '", ' not found', ':99999', 'Rate limit exceeded', '"topics":[', '"id":4294967296,'],
];

const mutations: readonly Mutation[] = [
  flipBits,
  (bytes, dice) => setAt(bytes, dice, 1, (at) => bytes.writeUInt8(dice.pick(BYTES), at)),
  (bytes, dice) => setAt(bytes, dice, 4, (at) => bytes.writeUInt32LE(dice.pick(U32), at)),
  (bytes, dice) => setAt(bytes, dice, 8, (at) => bytes.writeBigUInt64LE(dice.pick(U64), at)),
  (bytes, dice) => setField(bytes, dice),
  (bytes, dice) => header(bytes, 5, () => bytes.writeUInt8(dice.pick(FLAGS), 5)),
  (bytes, dice) => header(bytes, 12, () => bytes.writeUInt8(dice.pick(COMMANDS), 12)),
  (bytes, dice) => bytes.subarray(0, dice.between(0, bytes.length)),
  (bytes, dice) => insert(bytes, dice, randomBytes(dice, dice.between(1, 40))),
  (bytes, dice) => insert(bytes, dice, Buffer.from(dice.pick(TOKENS))),
  remove,
  (bytes, dice) => {
    const from = dice.between(0, bytes.length);
    return insert(bytes, dice, bytes.subarray(from, dice.between(from, Math.min(bytes.length, from + 64))));
  },
  (bytes, dice, other) => Buffer.concat([bytes.subarray(0, HEADER_BYTES), other.subarray(HEADER_BYTES)]),
  (bytes, dice, other) => Buffer.concat([bytes.subarray(0, dice.between(0, bytes.length)), other]),
  replaceToken,
  (bytes, dice) => Buffer.concat([bytes.subarray(0, HEADER_BYTES), Buffer.from(dice.pick(TOKENS))]),
  nest,
];

/** A mutated frame. */
export interface Mutant {
  readonly bytes: Uint8Array;
  /** Whether its length and checksums are right all the same. */
  readonly sealed: boolean;
}

/** A frame with one to four things changed, or more until it is another one. */
export function mutated(frame: Uint8Array, dice: Dice, other: Uint8Array): Mutant {
  let bytes: Buffer = Buffer.from(frame);
  let sealed = false;
  if (dice.chance(0.01)) bytes = randomBytes(dice, dice.between(1, 200));
  do {
    for (let left = dice.pick([1, 1, 1, 2, 2, 3, 4]); left > 0; left--)
      bytes = dice.pick(mutations)(bytes, dice, other);
    sealed = dice.chance(0.6) && bytes.length >= HEADER_BYTES;
    if (sealed) seal(bytes);
  } while (bytes.equals(frame));
  return { bytes: new Uint8Array(bytes), sealed };
}

/** Makes length and checksums right, and what a frame begins with. */
export function seal(bytes: Buffer): void {
  bytes.write('LANC\u0001', 0, 'latin1');
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes.writeUInt32LE(bytes.length - HEADER_BYTES, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), 36);
}

function flipBits(bytes: Buffer, dice: Dice): Buffer {
  for (let left = dice.between(1, 8); left > 0 && bytes.length > 0; left--) {
    const at = dice.between(0, bytes.length - 1);
    bytes[at] = bytes[at]! ^ (1 << dice.between(0, 7));
  }
  return bytes;
}

function setAt(bytes: Buffer, dice: Dice, size: number, write: (at: number) => void): Buffer {
  const last = bytes.length - size;
  if (last >= 0) write(dice.between(last >= HEADER_BYTES && dice.chance(0.5) ? HEADER_BYTES : 0, last));
  return bytes;
}

function setField(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.pick(FIELDS);
  return header(bytes, 40, () => bytes.writeUInt32LE(dice.pick(U32), at));
}

function header(bytes: Buffer, at: number, write: () => void): Buffer {
  if (bytes.length >= at + 4) write();
  return bytes;
}

function insert(bytes: Buffer, dice: Dice, what: Uint8Array): Buffer {
  const at = dice.between(Math.min(bytes.length, HEADER_BYTES), bytes.length);
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function remove(bytes: Buffer, dice: Dice): Buffer {
  const from = dice.between(Math.min(bytes.length, HEADER_BYTES), bytes.length);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(dice.between(from, bytes.length))]);
}

/** One word, number or list of a text, if the payload is one. */
function replaceToken(bytes: Buffer, dice: Dice): Buffer {
  const text = bytes.toString('latin1', HEADER_BYTES);
  const found = [...text.matchAll(/"[^"]*"|\[[^\]]*\]|\{[^{}]*\}|[\w.]+/g)];
  if (found.length === 0) return flipBits(bytes, dice);
  const { index, 0: token } = dice.pick(found);
  const changed = text.slice(0, index) + dice.pick(TOKENS) + text.slice(index + token.length);
  return Buffer.concat([bytes.subarray(0, HEADER_BYTES), Buffer.from(changed, 'latin1')]);
}

/** Deep enough for whoever goes down by calling himself. */
function nest(bytes: Buffer, dice: Dice): Buffer {
  return dice.chance(0.01)
    ? insert(bytes, dice, Buffer.alloc(20_000, dice.pick(['[', '{"a":'])))
    : flipBits(bytes, dice);
}

function randomBytes(dice: Dice, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => dice.between(0, 255)));
}
