import { crc32Range } from '../checksum/crc32.js';
import { encodeHeader, Flag, HEADER_BYTES } from './header.js';
import { nanosecondWords } from './timestamp.js';

/** What an ingest frame carries besides its payload (lance.md 2.3). */
export interface IngestFields {
  readonly topicId: number;
  readonly batchIdLow: number;
  readonly batchIdHigh?: number;
  /** Milliseconds since the Unix epoch; the server uses them for its time index only. */
  readonly timestampMs: number;
  readonly recordCount: number;
  /** BatchMode if left out. */
  readonly flags?: number;
}

/** A frame with room for `payloadBytes` after its header, to be filled and then sealed. */
export function newFrame(payloadBytes: number): Buffer {
  return Buffer.allocUnsafeSlow(HEADER_BYTES + payloadBytes);
}

/** Completes a control frame whose payload is already in place: writes the header, returns the frame. */
export function sealControl<F extends Uint8Array>(frame: F, command: number): F {
  const payloadLength = frame.length - HEADER_BYTES;
  const payloadCrc = crc32Range(frame, HEADER_BYTES, frame.length);
  encodeHeader(frame, 0, { flags: Flag.Control, batchIdLow: command, payloadLength, payloadCrc });
  return frame;
}

/** Completes an ingest frame whose payload is already in place: writes the header, returns the frame. */
export function sealIngest<F extends Uint8Array>(frame: F, fields: IngestFields): F {
  const time = nanosecondWords(fields.timestampMs);
  encodeHeader(frame, 0, {
    flags: fields.flags ?? Flag.BatchMode,
    batchIdLow: fields.batchIdLow,
    batchIdHigh: fields.batchIdHigh ?? 0,
    timestampLow: time.low,
    timestampHigh: time.high,
    recordCount: fields.recordCount,
    payloadLength: frame.length - HEADER_BYTES,
    payloadCrc: crc32Range(frame, HEADER_BYTES, frame.length),
    topicId: fields.topicId,
  });
  return frame;
}

/** A control frame with a copy of `payload`. */
export function controlFrame(command: number, payload?: Uint8Array): Uint8Array {
  const frame = newFrame(payload?.length ?? 0);
  if (payload !== undefined) frame.set(payload, HEADER_BYTES);
  return sealControl(frame, command);
}

/** An ingest frame with a copy of `payload`; {@link BatchWriter} builds one without the copy. */
export function ingestFrame(fields: IngestFields, payload: Uint8Array): Uint8Array {
  const frame = newFrame(payload.length);
  frame.set(payload, HEADER_BYTES);
  return sealIngest(frame, fields);
}

/** The acknowledgement of a batch, or of an Unsubscribe (lance.md 2.4). */
export function ackFrame(batchIdLow: number, batchIdHigh = 0): Uint8Array {
  const frame = newFrame(0);
  encodeHeader(frame, 0, { flags: Flag.Ack, batchIdLow, batchIdHigh });
  return frame;
}

/** A ping and its echo are the same bytes. A client never answers one (lance.md 2.5). */
export function keepaliveFrame(): Uint8Array {
  return headerOnly(Flag.Keepalive);
}

/** Asks the client to slow down until the next ack (lance.md 2.6). */
export function backpressureFrame(): Uint8Array {
  return headerOnly(Flag.Backpressure);
}

/** A mebibyte with its header: the largest read buffer that a server keeps. */
const WIDEST_PAYLOAD = 1024 * 1024 - HEADER_BYTES;

/**
 * An Ack frame with a large payload, which servers read and leave unanswered: from then on they read up to 1 MiB of this
 * connection at once, instead of 256 KiB (lance.md 16.5).
 */
export function wideningFrame(): Uint8Array {
  const frame = newFrame(WIDEST_PAYLOAD).fill(0);
  const payloadCrc = crc32Range(frame, HEADER_BYTES, frame.length);
  encodeHeader(frame, 0, { flags: Flag.Ack, payloadLength: WIDEST_PAYLOAD, payloadCrc });
  return frame;
}

function headerOnly(flags: number): Uint8Array {
  const frame = newFrame(0);
  encodeHeader(frame, 0, { flags });
  return frame;
}
