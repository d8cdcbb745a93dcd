import { readU32, wordsToBigInt, writeU32 } from '../little-endian.js';
import { sliceBy8 } from '../checksum/slice-by-8.js';
import { InvalidFrameError } from './errors.js';

/** Every frame starts with this many bytes (lance.md 2.1). */
export const HEADER_BYTES = 44;
/** The largest payload that a server takes by default: 16 MiB. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/** The largest u32. */
export const MAX_U32 = 0xffff_ffff;

/** Bits of the header's flags (lance.md 2.2). */
export const Flag = {
  Compressed: 0x01,
  Encrypted: 0x02,
  BatchMode: 0x04,
  Ack: 0x08,
  Backpressure: 0x10,
  Keepalive: 0x20,
  Control: 0x40,
} as const;

/** What a frame is, by its flags and whether it has a payload. */
export const FrameKind = {
  Control: 'control',
  Keepalive: 'keepalive',
  Ack: 'ack',
  Backpressure: 'backpressure',
  Ingest: 'ingest',
  Unknown: 'unknown',
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** A decoded header. Words of u64 fields and all other numbers are u32. */
export interface Header {
  readonly flags: number;
  readonly kind: FrameKind;
  /** In control frames the command (its low byte); in acks the id that is acknowledged. */
  readonly batchIdLow: number;
  readonly batchIdHigh: number;
  readonly timestampLow: number;
  readonly timestampHigh: number;
  readonly recordCount: number;
  readonly payloadLength: number;
  readonly payloadCrc: number;
  readonly topicId: number;
}

/** What {@link encodeHeader} writes; what is left out is 0. */
export type HeaderFields = Partial<Omit<Header, 'kind'>>;

const MAGIC = 0x43_4e_41_4c;
const VERSION = 1;

/** The header's checksum covers magic, version, flags and reserved only, so with reserved = 0 it depends on the flags alone. */
const CRC_BY_FLAGS = makeMemo();

function makeMemo(): Int32Array {
  const memo = new Int32Array(256);
  const start = new Uint8Array(8);
  writeU32(start, 0, MAGIC);
  start[4] = VERSION;
  for (let flags = 0; flags < 256; flags++) {
    start[5] = flags;
    memo[flags] = sliceBy8(start, 0, 8, 0);
  }
  return memo;
}

/** The first match wins: control, keepalive, ack, backpressure, then anything with BatchMode or a payload (lance.md 2.2). */
export function classify(flags: number, payloadLength: number): FrameKind {
  if (flags & Flag.Control) return FrameKind.Control;
  if (flags & Flag.Keepalive) return FrameKind.Keepalive;
  if (flags & Flag.Ack) return FrameKind.Ack;
  if (flags & Flag.Backpressure) return FrameKind.Backpressure;
  return flags & Flag.BatchMode || payloadLength > 0 ? FrameKind.Ingest : FrameKind.Unknown;
}

/**
 * Reads the header at `at`. Throws {@link InvalidFrameError} if magic, version or header checksum is wrong, in this
 * order, or if there are fewer than 44 bytes. The payload's length is not judged here.
 */
export function decodeHeader(bytes: Uint8Array, at: number): Header {
  checkStart(bytes, at);
  const flags = bytes[at + 5]!;
  const payloadLength = readU32(bytes, at + 32);
  return {
    flags,
    kind: classify(flags, payloadLength),
    batchIdLow: readU32(bytes, at + 12),
    batchIdHigh: readU32(bytes, at + 16),
    timestampLow: readU32(bytes, at + 20),
    timestampHigh: readU32(bytes, at + 24),
    recordCount: readU32(bytes, at + 28),
    payloadLength,
    payloadCrc: readU32(bytes, at + 36),
    topicId: readU32(bytes, at + 40),
  };
}

/** How many bytes say whether this is Lance at all. */
export const MAGIC_BYTES = 4;
/** How many bytes {@link checkStart} looks at. */
export const START_BYTES = 12;

export function hasMagic(bytes: Uint8Array, at: number): boolean {
  return readU32(bytes, at) === MAGIC;
}

/** The checks of {@link decodeHeader} alone: the first twelve bytes of a place for a whole header. */
export function checkStart(bytes: Uint8Array, at: number): void {
  const magic = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const crc = bytes[at + 8]! | (bytes[at + 9]! << 8) | (bytes[at + 10]! << 16) | (bytes[at + 11]! << 24);
  const usual = magic === MAGIC && bytes[at + 4] === VERSION && (bytes[at + 6]! | bytes[at + 7]!) === 0;
  if (!usual || crc !== CRC_BY_FLAGS[bytes[at + 5]!] || bytes.length - at < HEADER_BYTES)
    checkSlowly(bytes, at, magic, crc);
}

/** Apart from the usual case, so that this one is small enough to be compiled into its callers. */
function checkSlowly(bytes: Uint8Array, at: number, magic: number, crc: number): void {
  if (bytes.length - at < HEADER_BYTES) {
    throw new InvalidFrameError(`a header has ${HEADER_BYTES} bytes, got ${Math.max(0, bytes.length - at)}`);
  }
  if (magic !== MAGIC) {
    throw new InvalidFrameError(`invalid magic bytes ${hex(magic)}: expected LANC`, { context: { magic } });
  }
  if (bytes[at + 4] !== VERSION) throw new InvalidFrameError(`unsupported protocol version ${bytes[at + 4]}`);
  // Reserved bytes may be anything, if the checksum says so too.
  const expected = sliceBy8(bytes, at, at + 8, 0);
  if (crc >>> 0 === expected) return;
  // Damaged on its way: another connection may carry it whole.
  throw new InvalidFrameError(`header checksum ${hex(crc)}: expected ${hex(expected)}`, { retryable: true });
}

/** Writes 44 bytes at `at`, header checksum included; the payload's length and checksum are the caller's. */
export function encodeHeader(target: Uint8Array, at: number, fields: HeaderFields): void {
  const flags = fields.flags ?? 0;
  writeU32(target, at, MAGIC);
  target[at + 4] = VERSION;
  target[at + 5] = flags;
  target[at + 6] = 0;
  target[at + 7] = 0;
  writeU32(target, at + 8, CRC_BY_FLAGS[flags & 255]!);
  writeU32(target, at + 12, fields.batchIdLow ?? 0);
  writeU32(target, at + 16, fields.batchIdHigh ?? 0);
  writeU32(target, at + 20, fields.timestampLow ?? 0);
  writeU32(target, at + 24, fields.timestampHigh ?? 0);
  writeU32(target, at + 28, fields.recordCount ?? 0);
  writeU32(target, at + 32, fields.payloadLength ?? 0);
  writeU32(target, at + 36, fields.payloadCrc ?? 0);
  writeU32(target, at + 40, fields.topicId ?? 0);
}

/** The batch id as a bigint, for the edge of the API. */
export function batchIdOf(header: Header): bigint {
  return wordsToBigInt(header.batchIdLow, header.batchIdHigh);
}

/** The command of a control frame: servers and clients look at the low byte only. */
export function commandOf(header: Header): number {
  return header.batchIdLow & 255;
}

/** The batch's time in nanoseconds since the Unix epoch. */
export function timestampNsOf(header: Header): bigint {
  return wordsToBigInt(header.timestampLow, header.timestampHigh);
}

function hex(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, '0')}`;
}
