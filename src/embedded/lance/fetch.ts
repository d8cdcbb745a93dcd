import { ErrorText, topicIdNotFoundText } from '../../codecs/lance/error-texts.js';
import { catchingUpResponse, fetchResponse } from '../../codecs/lance/replies.js';
import { readFetch } from '../../codecs/lance/request-payloads.js';
import { readBigU64, readU32 } from '../../codecs/little-endian.js';
import type { LanceCore } from './core.js';
import { fetchReply, type Reply } from './fetch-reply.js';
import { copyFrom, type TopicLog } from './storage/topic-log.js';

const RECORD_HEADER_BYTES = 5;
/** What a frame's length field can say, less the 16 bytes in front of the data. */
const MOST_BYTES = 0xffff_ffff - 16;
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
  return data(core, log, start, Math.min(end - start, maxBytes, MOST_BYTES));
}

function data(core: LanceCore, log: TopicLog, start: number, most: number): Reply {
  const count = core.behaviour.fetchAlign === 'record' ? wholeRecords(log, start, most) : most;
  core.tally.bytesFetched += count;
  return fetchReply(start + count, count, log.slices(start, count));
}

/** How many of `most` bytes are whole records, if `start` is where one begins; all of them if not even one is. */
function wholeRecords(log: TopicLog, start: number, most: number): number {
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  let count = 0;
  while (count + RECORD_HEADER_BYTES <= most) {
    copyFrom(log, start + count, RECORD_HEADER_BYTES, header);
    const next = count + RECORD_HEADER_BYTES + readU32(header, 1);
    if (next > most) break;
    count = next;
  }
  return count > 0 ? count : most;
}
