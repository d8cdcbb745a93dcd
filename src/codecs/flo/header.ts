import { crc32Range } from '../checksum/crc32.js';
import { readU16, readU32, writeU16, writeU32 } from '../little-endian.js';
import type { AnswerHead, RequestHead, RequestId } from './codec.js';
import {
  InvalidMagicError,
  InvalidRequestError,
  PayloadTooLargeError,
  ProtocolError,
  TableMismatchError,
  UnsupportedVersionError,
} from './errors.js';
import { MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from './limits.js';

/** The head of a frame in `v1-32`, `v2` and `v2-table` (flo.md 2.2). */
export const HEADER_BYTES = 32;

const MAGIC = 0x00_4f_4c_46;
const CRC_AT = 16;
const BEHIND_CRC = 20;

/** What the heads of one generation say of themselves: its version, and the hash of its table of operations. */
export interface Generation {
  readonly version: 1 | 2;
  readonly tableLow: number;
  readonly tableHigh: number;
}

export const V1_32: Generation = { version: 1, tableLow: 0, tableHigh: 0 };
export const V2_TABLE: Generation = { version: 2, tableLow: 0xae94_1830, tableHigh: 0x2fba_7dd9 };
/** A development state, recognised and not spoken. */
export const V2: Generation = { version: 2, tableLow: 0xab77_1a02, tableHigh: 0x4e92_43ee };

const NO_REQUEST: RequestId = { low: 0, high: 0 };

export function hasMagic(bytes: Uint8Array, at: number): boolean {
  return readU32(bytes, at) === MAGIC;
}

/** Whether the request at `at` belongs to the table of this generation. */
export function hasTable(bytes: Uint8Array, at: number, { tableLow, tableHigh }: Generation): boolean {
  return readU32(bytes, at + 24) === tableLow && readU32(bytes, at + 28) === tableHigh;
}

/** The checksum covers all of a frame but itself. */
export function checksum(bytes: Uint8Array, at: number, headerBytes: number, payload: Uint8Array): number {
  const start = crc32Range(bytes, at, at + CRC_AT);
  const head = crc32Range(bytes, at + BEHIND_CRC, at + headerBytes, start);
  return crc32Range(payload, 0, payload.length, head);
}

export function isIntact(bytes: Uint8Array, at: number, payload: Uint8Array): boolean {
  return readU32(bytes, at + CRC_AT) === checksum(bytes, at, HEADER_BYTES, payload);
}

/** A frame whose four bytes from 20 on are still 0, and the checksum as well. */
function frame(headerBytes: number, { low, high }: RequestId, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + payload.length);
  writeU32(bytes, 0, MAGIC);
  writeU32(bytes, 4, payload.length);
  writeU32(bytes, 8, low);
  writeU32(bytes, 12, high);
  bytes.set(payload, headerBytes);
  return bytes;
}

function sealed(bytes: Uint8Array, headerBytes: number): Uint8Array {
  writeU32(bytes, CRC_AT, checksum(bytes, 0, headerBytes, bytes.subarray(headerBytes)));
  return bytes;
}

function writeTable(bytes: Uint8Array, { tableLow, tableHigh }: Generation): void {
  writeU32(bytes, 24, tableLow);
  writeU32(bytes, 28, tableHigh);
}

export function encodeRequestFrame(of: Generation, id: RequestId, opcode: number, payload: Uint8Array): Uint8Array {
  const bytes = frame(HEADER_BYTES, id, payload);
  writeU16(bytes, 20, opcode);
  bytes[22] = of.version;
  writeTable(bytes, of);
  return sealed(bytes, HEADER_BYTES);
}

export function encodeAnswerFrame(of: Generation, id: RequestId, status: number, payload: Uint8Array): Uint8Array {
  const bytes = frame(HEADER_BYTES, id, payload);
  bytes[20] = of.version;
  bytes[21] = status;
  writeTable(bytes, of);
  return sealed(bytes, HEADER_BYTES);
}

/** An answer to no request, with the short head of `v1-24`, so that such a client can read why it is refused. */
export function encodeShortRefusal(status: number, payload: Uint8Array): Uint8Array {
  const headerBytes = 24;
  const bytes = frame(headerBytes, NO_REQUEST, payload);
  bytes[20] = 1;
  bytes[21] = status;
  return sealed(bytes, headerBytes);
}

export function decodeRequestHead(of: Generation, bytes: Uint8Array, at: number): RequestHead {
  checkStart(bytes, at, 'a request');
  const version = bytes[at + 22]!;
  if (version !== of.version) {
    throw new UnsupportedVersionError(`a request of version ${version}: ${of.version} expected`, {
      context: { version },
    });
  }
  if (!hasTable(bytes, at, of)) {
    if (of.version === 1) throw new InvalidRequestError('bytes 24 to 31 of a request are not 0');
    throw tableMismatch('a request', bytes, at, of);
  }
  const payloadBytes = readU32(bytes, at + 4);
  if (payloadBytes > MAX_REQUEST_BYTES) throw tooLarge('a request', payloadBytes, MAX_REQUEST_BYTES);
  return { id: idAt(bytes, at), opcode: readU16(bytes, at + 20), payloadBytes };
}

export function decodeAnswerHead(of: Generation, bytes: Uint8Array, at: number): AnswerHead {
  checkStart(bytes, at, 'an answer');
  const version = bytes[at + 20]!;
  if (version !== of.version) {
    throw new UnsupportedVersionError(
      `an answer of version ${version}${named(version, bytes, at)}: ${of.version} expected`,
      {
        context: { version },
      },
    );
  }
  if (of.version === 2 && !hasTable(bytes, at, of)) throw tableMismatch('an answer', bytes, at, of);
  const payloadBytes = readU32(bytes, at + 4);
  if (payloadBytes > MAX_ANSWER_BYTES) throw tooLarge('an answer', payloadBytes, MAX_ANSWER_BYTES);
  return { id: idAt(bytes, at), status: bytes[at + 21]!, payloadBytes };
}

function checkStart(bytes: Uint8Array, at: number, what: string): void {
  if (bytes.length - at < HEADER_BYTES) {
    throw new ProtocolError(`the head of ${what} has ${HEADER_BYTES} bytes, got ${Math.max(0, bytes.length - at)}`);
  }
  if (!hasMagic(bytes, at)) {
    const magic = readU32(bytes, at);
    throw new InvalidMagicError(`${what} begins with ${hex(magic)}: ${hex(MAGIC)} expected`, { context: { magic } });
  }
}

/** Whose version that is, as the option `protocol` calls it. */
function named(version: number, bytes: Uint8Array, at: number): string {
  if (version === 1) return ' (protocol v1-32 or v1-24)';
  return version === 2 && hasTable(bytes, at, V2_TABLE) ? ' (protocol v2-table)' : '';
}

function tableMismatch(what: string, bytes: Uint8Array, at: number, of: Generation): TableMismatchError {
  const theirs = table(readU32(bytes, at + 24), readU32(bytes, at + 28));
  const ours = table(of.tableLow, of.tableHigh);
  return new TableMismatchError(`${what} of the table ${theirs}: ${ours} expected`, { context: { theirs, ours } });
}

function tooLarge(what: string, payloadBytes: number, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`${what} announces ${payloadBytes} bytes: at most ${limit} allowed`, {
    context: { payloadBytes, limit },
  });
}

function idAt(bytes: Uint8Array, at: number): RequestId {
  return { low: readU32(bytes, at + 8), high: readU32(bytes, at + 12) };
}

function table(low: number, high: number): string {
  return `${hex(high)}${hex(low).slice(2)}`;
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}
