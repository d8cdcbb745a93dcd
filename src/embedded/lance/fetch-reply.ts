import { crc32 } from '../../codecs/checksum/crc32.js';
import { Command } from '../../codecs/lance/commands.js';
import { encodeHeader, Flag, HEADER_BYTES } from '../../codecs/lance/header.js';
import { FETCH_DATA_AT, FETCH_HEAD_BYTES, newFetchResponse, sealFetchResponse } from '../../codecs/lance/replies.js';
import { writeU32, writeU64 } from '../../codecs/little-endian.js';

/** A whole frame, or the parts of one, in order. */
export type Reply = Uint8Array | readonly Uint8Array[];

/** Up to so many bytes a copy costs less than a part of its own. */
const WORTH_COPYING = 16 * 1024;
/** More parts are copied, unless they are large. */
const MOST_PARTS = 64;

/** A FetchResponse. Much data is not copied: it leaves straight from where the topic keeps it. */
export function fetchReply(nextOffset: number, count: number, slices: readonly Uint8Array[]): Reply {
  const isInCrumbs = slices.length > MOST_PARTS && count < slices.length * WORTH_COPYING;
  if (count <= WORTH_COPYING || isInCrumbs) return copied(nextOffset, count, slices);
  const head = Buffer.allocUnsafeSlow(FETCH_DATA_AT);
  writeU64(head, HEADER_BYTES, nextOffset);
  writeU32(head, HEADER_BYTES + 8, count);
  writeU32(head, HEADER_BYTES + 12, 1);
  let payloadCrc = crc32(head.subarray(HEADER_BYTES));
  for (const slice of slices) payloadCrc = crc32(slice, payloadCrc);
  const payloadLength = FETCH_HEAD_BYTES + count;
  encodeHeader(head, 0, { flags: Flag.Control, batchIdLow: Command.FetchResponse, payloadLength, payloadCrc });
  return [head, ...slices];
}

function copied(nextOffset: number, count: number, slices: readonly Uint8Array[]): Uint8Array {
  const frame = newFetchResponse(nextOffset, count);
  let at = FETCH_DATA_AT;
  for (const slice of slices) {
    frame.set(slice, at);
    at += slice.length;
  }
  return sealFetchResponse(frame);
}
