import { FrameReader, type FrameOwner } from '../../../src/codecs/lance/frame-reader.js';
import { MAX_PAYLOAD_BYTES, type Header } from '../../../src/codecs/lance/header.js';

/** A frame as a {@link FrameReader} hands it over. */
export interface ReadFrame {
  readonly header: Header;
  readonly payload: Uint8Array;
}

/** Feeds `bytes` in pieces of at most `piece` bytes, as a channel does. */
export function feed(reader: FrameReader, bytes: Uint8Array, piece = Number.POSITIVE_INFINITY): void {
  let at = 0;
  while (at < bytes.length) {
    const target = reader.target();
    const count = Math.min(piece, target.length, bytes.length - at);
    target.set(bytes.subarray(at, at + count));
    at += count;
    reader.received(count);
  }
}

/** A reader that keeps what it is given. */
export function collector(owner: Partial<FrameOwner> = {}): { reader: FrameReader; frames: ReadFrame[] } {
  const frames: ReadFrame[] = [];
  const reader = new FrameReader({
    maxPayload: () => MAX_PAYLOAD_BYTES,
    headroom: () => 0,
    frame: (header, buffer, start, end) => frames.push({ header, payload: buffer.subarray(start, end) }),
    ...owner,
  });
  return { reader, frames };
}

/** All whole frames in `bytes`; throws `InvalidFrameError`. */
export function readFrames(bytes: Uint8Array, piece?: number): ReadFrame[] {
  const { reader, frames } = collector();
  feed(reader, bytes, piece);
  return frames;
}

/** The only frame in `bytes`. */
export function readFrame(bytes: Uint8Array): ReadFrame {
  const frames = readFrames(bytes);
  if (frames.length !== 1) throw new Error(`${frames.length} frames`);
  return frames[0]!;
}
