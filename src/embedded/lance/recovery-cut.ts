import { readU32 } from '../../codecs/little-endian.js';
import { copyFrom, type TopicLog } from './storage/topic-log.js';

const HEADER_BYTES = 5;
const EXTENDED_HEADER_BYTES = 7;
const EXTENDED = 0xff;

/**
 * Cuts a topic's newest segment where it stops being records, as the genuine server does when it starts: data that is
 * no TLV is lost, and so is what follows a Null record, because its type begins a longer header there (section 3.4).
 */
export function cutAsGenuineRecovery(log: TopicLog): void {
  const start = log.length - (log.closed.at(-1)?.bytes ?? 0);
  const valid = endOfRecords(log, start);
  if (valid < log.length) log.truncate(valid);
}

function endOfRecords(log: TopicLog, start: number): number {
  const header = new Uint8Array(EXTENDED_HEADER_BYTES);
  let at = start;
  for (;;) {
    const left = log.length - at;
    if (left < HEADER_BYTES) return at;
    copyFrom(log, at, Math.min(left, EXTENDED_HEADER_BYTES), header);
    const headerBytes = header[0] === EXTENDED ? EXTENDED_HEADER_BYTES : HEADER_BYTES;
    const bytes = headerBytes + readU32(header, headerBytes - 4);
    if (left < headerBytes || left < bytes) return at;
    at += bytes;
  }
}
