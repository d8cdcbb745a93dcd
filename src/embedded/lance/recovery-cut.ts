import { readU32 } from '../../codecs/little-endian.js';
import { copyFrom, type TopicLog } from './storage/topic-log.js';

const HEADER_BYTES = 5;
const EXTENDED_HEADER_BYTES = 7;
const EXTENDED = 0xff;
/** How much is read at once. */
const WINDOW_BYTES = 256 * 1024;

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
  let window: { at: number; bytes: Uint8Array } = { at: start, bytes: new Uint8Array(0) };
  for (let at = start; ;) {
    const left = log.length - at;
    if (left < HEADER_BYTES) return at;
    if (at + EXTENDED_HEADER_BYTES > window.at + window.bytes.length) window = { at, bytes: windowFrom(log, at) };
    const header = window.bytes.subarray(at - window.at);
    const headerBytes = header[0] === EXTENDED ? EXTENDED_HEADER_BYTES : HEADER_BYTES;
    if (left < headerBytes) return at;
    const bytes = headerBytes + readU32(header, headerBytes - 4);
    if (left < bytes) return at;
    at += bytes;
  }
}

function windowFrom(log: TopicLog, at: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(WINDOW_BYTES, log.length - at));
  copyFrom(log, at, bytes.length, bytes);
  return bytes;
}
