import { ErrorText, topicIdNotFoundText } from '../../codecs/lance/error-texts.js';
import { catchingUpResponse, fetchResponse } from '../../codecs/lance/replies.js';
import { readFetch } from '../../codecs/lance/request-payloads.js';
import { readBigU64, readU32 } from '../../codecs/little-endian.js';
import type { LanceCore } from './core.js';
import { fetchReply, type Reply } from './fetch-reply.js';
import type { TopicLog } from './storage/topic-log.js';

const RECORD_HEADER_BYTES = 5;
/** What a frame's length field can say, less the 16 bytes in front of the data. */
const MOST_BYTES = 0xffff_ffff - 16;
const MOST_COPIED = 16 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

/** The decision table of section 2.7, in its order. */
export function fetch(core: LanceCore, payload: Uint8Array): Reply {
  const fields = readFetch(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { topicId, start, maxBytes } = fields;
  if (core.limiter?.admit(maxBytes) === false) return core.error(ErrorText.rateLimited);
  const log = core.topics.get(topicId)?.log;
  if (log === undefined) {
    return core.cluster.standalone ? core.error(topicIdNotFoundText(topicId)) : catchingUpResponse(0);
  }
  const end = log.length;
  const forced = core.faults.takeCatchingUp(end);
  if (forced !== undefined) return catchingUpResponse(forced);
  // `start` is rounded beyond 2^53, and 2^64 - 2 is not the sentinel.
  if (start === 'end' || readBigU64(payload, 4) >= core.behaviour.tailSentinelFrom) return fetchResponse(end, NOTHING);
  if (start > end) return catchingUpResponse(end);
  return data(core, log, start, Math.min(end - start, maxBytes, MOST_BYTES, core.unread.roomBytes));
}

function data(core: LanceCore, log: TopicLog, start: number, most: number): Reply {
  if (core.behaviour.fetchAlign === 'byte') return counted(core, start, log.slices(start, most));
  // To see where records end the bytes are copied, and clients may ask for 4 GiB.
  const slices = log.slices(start, Math.min(most, MOST_COPIED));
  const bytes = slices.length === 1 ? slices[0]! : Buffer.concat(slices);
  return counted(core, start, [bytes.subarray(0, wholeRecords(bytes))]);
}

function counted(core: LanceCore, start: number, slices: readonly Uint8Array[]): Reply {
  let count = 0;
  for (const { length } of slices) count += length;
  core.tally.bytesFetched += count;
  return fetchReply(start + count, count, slices);
}

/** How many of `bytes` are whole records, if a record begins there; all of them if not even one is. */
function wholeRecords(bytes: Uint8Array): number {
  let count = 0;
  while (count + RECORD_HEADER_BYTES <= bytes.length) {
    const next = count + RECORD_HEADER_BYTES + readU32(bytes, count + 1);
    if (next > bytes.length) break;
    count = next;
  }
  return count > 0 ? count : bytes.length;
}
