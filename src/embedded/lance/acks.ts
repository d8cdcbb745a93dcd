import { encodeHeader, Flag, HEADER_BYTES } from '../../codecs/lance/header.js';

/** The acks of several batches, in order, as one piece: the genuine server often sends several in one segment. */
export function ackFrames(
  batches: readonly { readonly batchIdLow: number; readonly batchIdHigh: number }[],
): Uint8Array {
  const frames = Buffer.allocUnsafeSlow(HEADER_BYTES * batches.length);
  let at = 0;
  for (const { batchIdLow, batchIdHigh } of batches) {
    encodeHeader(frames, at, { flags: Flag.Ack, batchIdLow, batchIdHigh });
    at += HEADER_BYTES;
  }
  return frames;
}
