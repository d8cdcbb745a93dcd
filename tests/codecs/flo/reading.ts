import { FloFrameReader, type FloFrameOwner } from '../../../src/codecs/flo/frame-reader.js';
import { readU32 } from '../../../src/codecs/little-endian.js';

/** A frame as a {@link FloFrameReader} hands it over. */
export interface ReadFrame {
  readonly head: Uint8Array;
  readonly payload: Uint8Array;
}

/** Feeds `bytes` in pieces of at most `piece` bytes, as a channel does. */
export function feed(reader: FloFrameReader, bytes: Uint8Array, piece = Number.POSITIVE_INFINITY): void {
  let at = 0;
  while (at < bytes.length) {
    const target = reader.target();
    const count = Math.min(piece, target.length, bytes.length - at);
    target.set(bytes.subarray(at, at + count));
    // What lies behind must not matter: the last read may have left anything there.
    target.fill(0xdb, count, Math.min(count + 64, target.length));
    at += count;
    reader.received(count);
  }
}

/** A reader of frames with heads of 32 bytes that keeps what it is given. */
export function collector(owner: Partial<FloFrameOwner> = {}): { reader: FloFrameReader; frames: ReadFrame[] } {
  const frames: ReadFrame[] = [];
  const reader = new FloFrameReader({
    measure: (bytes, start, end) =>
      end - start < 24 ? undefined : { headerBytes: 32, payloadBytes: readU32(bytes, start + 4) },
    frame: (head, payload) => frames.push({ head: Uint8Array.from(head), payload }),
    ...owner,
  });
  return { reader, frames };
}

/** All whole frames in `bytes`. */
export function readFrames(bytes: Uint8Array, piece?: number): ReadFrame[] {
  const { reader, frames } = collector();
  feed(reader, bytes, piece);
  return frames;
}
