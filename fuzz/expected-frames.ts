import { crc32 } from 'node:zlib';

/** A frame as the protocol's text describes it (lance.md 2.1), read without any code of the library. */
export interface ExpectedFrame {
  readonly at: number;
  readonly end: number;
  readonly flags: number;
  readonly batchId: bigint;
  readonly timestampNs: bigint;
  readonly recordCount: number;
  readonly payload: Uint8Array;
  readonly topicId: number;
}

export interface ExpectedFrames {
  readonly frames: readonly ExpectedFrame[];
  /** `awaits`: a frame has begun. `oversize`: its header is right, and announces more than is allowed. */
  readonly outcome: 'whole' | 'awaits' | 'refused' | 'oversize';
}

export interface Rules {
  /** Whether a header is judged by its first bytes before all 44 are there. */
  readonly judgesEarly: boolean;
  /** The largest payload allowed, with the number of frames before. */
  mostPayload(flags: number, batchId: bigint, before: readonly ExpectedFrame[]): number;
}

export const HEADER_BYTES = 44;

/** What must be made of these bytes. */
export function expectedFrames(bytes: Uint8Array, rules: Rules): ExpectedFrames {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: ExpectedFrame[] = [];
  for (let at = 0; at < buffer.length;) {
    const here = buffer.length - at;
    const known = rules.judgesEarly || here >= HEADER_BYTES ? Math.min(here, HEADER_BYTES) : 0;
    if (known >= 4 && buffer.toString('latin1', at, at + 4) !== 'LANC') return { frames, outcome: 'refused' };
    if (known >= 12) {
      const isRight = buffer[at + 4] === 1 && crc32(buffer.subarray(at, at + 8)) === buffer.readUInt32LE(at + 8);
      if (!isRight) return { frames, outcome: 'refused' };
    }
    if (here < HEADER_BYTES) return { frames, outcome: 'awaits' };
    const flags = buffer.readUInt8(at + 5);
    const batchId = buffer.readBigUInt64LE(at + 12);
    const length = buffer.readUInt32LE(at + 32);
    if (length > rules.mostPayload(flags, batchId, frames)) return { frames, outcome: 'oversize' };
    const end = at + HEADER_BYTES + length;
    if (end > buffer.length) return { frames, outcome: 'awaits' };
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (length > 0 && crc32(payload) !== buffer.readUInt32LE(at + 36)) return { frames, outcome: 'refused' };
    const timestampNs = buffer.readBigUInt64LE(at + 20);
    const recordCount = buffer.readUInt32LE(at + 28);
    const topicId = buffer.readUInt32LE(at + 40);
    frames.push({ at, end, flags, batchId, timestampNs, recordCount, payload, topicId });
    at = end;
  }
  return { frames, outcome: 'whole' };
}

/** What a frame is: the first match counts (lance.md 2.2). */
export function kindOf({ flags, payload }: Pick<ExpectedFrame, 'flags' | 'payload'>): string {
  if ((flags & 0x40) !== 0) return 'control';
  if ((flags & 0x20) !== 0) return 'keepalive';
  if ((flags & 0x08) !== 0) return 'ack';
  if ((flags & 0x10) !== 0) return 'backpressure';
  return (flags & 0x04) !== 0 || payload.length > 0 ? 'ingest' : 'unknown';
}

/** The low byte alone names a command. */
export function commandIn({ batchId }: Pick<ExpectedFrame, 'batchId'>): number {
  return Number(batchId & 0xffn);
}
