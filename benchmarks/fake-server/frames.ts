import { crc32 } from 'node:zlib';
import { crcShift } from './crc-shift.js';
import { PERIOD_BYTES, type SyntheticTopic } from './synthetic-topic.js';

export const HEADER_BYTES = 44;
export const FETCH_HEAD_BYTES = 16;
const DATA_AT = HEADER_BYTES + FETCH_HEAD_BYTES;
const CONTROL = 0x40;
const ACK = 0x08;
const KEEPALIVE = 0x20;
const MOST_PREPARED = 48;

/** A whole LWP frame. Written here without the library's codec, so that both can't be wrong in the same way. */
export function frame(flags: number, code: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.write('LANC', 0, 'latin1');
  bytes[4] = 1;
  bytes[5] = flags;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  bytes.writeUInt32LE(code, 12);
  bytes.writeUInt32LE(payload.length, 32);
  bytes.writeUInt32LE(payload.length === 0 ? 0 : crc32(payload), 36);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

export const controlFrame = (code: number, payload: Uint8Array): Buffer => frame(CONTROL, code, payload);
export const ackFrame = (): Buffer => frame(ACK, 0, new Uint8Array(0));
export const keepaliveFrame = (): Buffer => frame(KEEPALIVE, 0, new Uint8Array(0));

export const Reply = { fetch: 0x11, catchingUp: 0x12, topic: 0x80, error: 0xff } as const;

/** A fetch response whose data never changes; only its head and checksum are written anew for each position. */
export interface PreparedFrame {
  readonly bytes: Buffer;
  /** True while a socket may still read it. */
  busy: boolean;
}

interface Prepared extends PreparedFrame {
  readonly dataLength: number;
  readonly dataCrc: number;
  readonly shift: (crc: number) => number;
}

/** The fetch responses of one topic, made once per place in its period and then patched in place. */
export class PreparedFrames {
  private readonly frames = new Map<number, Prepared>();
  private readonly shifts = new Map<number, (crc: number) => number>();

  constructor(private readonly topic: SyntheticTopic) {}

  /** The response to a fetch of `length` bytes from `position`, which must exist. */
  at(position: number, length: number): PreparedFrame {
    const place = position % PERIOD_BYTES;
    const key = place * 2 ** 26 + length;
    let prepared = this.frames.get(key);
    if (prepared === undefined || prepared.busy) {
      const fresh = this.prepare(place, length);
      if (prepared === undefined && this.frames.size < MOST_PREPARED) this.frames.set(key, fresh);
      prepared = fresh;
    }
    patch(prepared, position + length);
    return prepared;
  }

  /** Touches all memory that windows of `length` bytes from the beginning will use. */
  warm(length: number): void {
    for (let at = 0; at < PERIOD_BYTES; at += length) this.at(at, length);
  }

  private prepare(place: number, dataLength: number): Prepared {
    const bytes = Buffer.allocUnsafeSlow(DATA_AT + dataLength);
    frame(CONTROL, Reply.fetch, new Uint8Array(0)).copy(bytes);
    bytes.writeUInt32LE(FETCH_HEAD_BYTES + dataLength, 32);
    this.topic.copy(place, dataLength, bytes, DATA_AT);
    let shift = this.shifts.get(dataLength);
    if (shift === undefined) this.shifts.set(dataLength, (shift = crcShift(dataLength)));
    return { bytes, busy: false, dataLength, dataCrc: crc32(bytes.subarray(DATA_AT)), shift };
  }
}

function patch({ bytes, dataLength, dataCrc, shift }: Prepared, next: number): void {
  bytes.writeUInt32LE(next % 2 ** 32, 44);
  bytes.writeUInt32LE(Math.floor(next / 2 ** 32), 48);
  bytes.writeUInt32LE(dataLength, 52);
  bytes.writeUInt32LE(1, 56);
  bytes.writeUInt32LE((shift(crc32(bytes.subarray(HEADER_BYTES, DATA_AT))) ^ dataCrc) >>> 0, 36);
}

/** A fetch response without data. */
export function emptyFetch(next: number): Buffer {
  const head = Buffer.alloc(FETCH_HEAD_BYTES);
  head.writeBigUInt64LE(BigInt(next));
  return controlFrame(Reply.fetch, head);
}

export function catchingUp(end: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64LE(BigInt(end));
  return controlFrame(Reply.catchingUp, payload);
}
