import { readBigU64, readU16, readU32, readU64 } from '../little-endian.js';
import { ErrorText } from './error-texts.js';

/**
 * What a server reads from the payloads of requests, each in `bytes[start, end)`. A payload that is too short gives
 * the text that the reference server answers with; surplus bytes are ignored (lance.md 2.7).
 */
export type Refused = ErrorText;

export interface FetchFields {
  readonly topicId: number;
  /** Beyond 2^53 - 1 rounded, which is past the end of any data; 2^64 - 1 is `'end'`. */
  readonly start: number | 'end';
  readonly maxBytes: number;
}

export interface RetentionFields {
  readonly maxAgeSecs: bigint;
  readonly maxBytes: bigint;
}

export interface SubscribeFields {
  readonly topicId: number;
  readonly startOffset: bigint;
  readonly maxBatchBytes: number;
  readonly consumerId: bigint;
}

export interface CommitFields {
  readonly topicId: number;
  readonly consumerId: bigint;
  readonly offset: bigint;
}

/** The whole payload as text: a topic's name or a token. Invalid UTF-8 becomes U+FFFD. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** Of DeleteTopic and GetTopic; a payload under four bytes is read as id 0. */
export function readTopicId(bytes: Uint8Array, start: number, end: number): number {
  return end - start < 4 ? 0 : readU32(bytes, start);
}

export function readFetch(bytes: Uint8Array, start: number, end: number): FetchFields | Refused {
  if (end === start) return ErrorText.fetchPayloadRequired;
  if (end - start < 16) return ErrorText.fetchPayloadTooSmall;
  const sentinel = readU32(bytes, start + 4) === 0xffff_ffff && readU32(bytes, start + 8) === 0xffff_ffff;
  return {
    topicId: readU32(bytes, start),
    start: sentinel ? 'end' : readU64(bytes, start + 4),
    maxBytes: readU32(bytes, start + 12),
  };
}

export function readSetRetention(
  bytes: Uint8Array,
  start: number,
  end: number,
): (RetentionFields & { readonly topicId: number }) | Refused {
  if (end - start < 20) return ErrorText.invalidSetRetentionPayload;
  return { topicId: readU32(bytes, start), ...readRetention(bytes, start + 4) };
}

export function readCreateTopicWithRetention(
  bytes: Uint8Array,
  start: number,
  end: number,
): (RetentionFields & { readonly name: string }) | Refused {
  if (end - start < 18) return ErrorText.invalidCreateTopicPayload;
  const nameEnd = start + 2 + readU16(bytes, start);
  if (end < nameEnd + 16) return ErrorText.invalidPayloadLength;
  return { name: readText(bytes, start + 2, nameEnd), ...readRetention(bytes, nameEnd) };
}

export function readSubscribe(bytes: Uint8Array, start: number, end: number): SubscribeFields | Refused {
  if (end - start < 24) return ErrorText.invalidSubscribePayload;
  return {
    topicId: readU32(bytes, start),
    startOffset: readBigU64(bytes, start + 4),
    maxBatchBytes: readU32(bytes, start + 12),
    consumerId: readBigU64(bytes, start + 16),
  };
}

export function readUnsubscribe(bytes: Uint8Array, start: number, end: number): Omit<CommitFields, 'offset'> | Refused {
  if (end - start < 12) return ErrorText.invalidUnsubscribePayload;
  return { topicId: readU32(bytes, start), consumerId: readBigU64(bytes, start + 4) };
}

export function readCommitOffset(bytes: Uint8Array, start: number, end: number): CommitFields | Refused {
  if (end - start < 20) return ErrorText.invalidCommitOffsetPayload;
  return {
    topicId: readU32(bytes, start),
    consumerId: readBigU64(bytes, start + 4),
    offset: readBigU64(bytes, start + 12),
  };
}

function readRetention(bytes: Uint8Array, at: number): RetentionFields {
  return { maxAgeSecs: readBigU64(bytes, at), maxBytes: readBigU64(bytes, at + 8) };
}
