import { integerIn } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { writeBigU64, writeU16, writeU32, writeU64 } from '../little-endian.js';
import { Command } from './commands.js';
import { newFrame, sealControl } from './frames.js';
import { HEADER_BYTES, MAX_U32 } from './header.js';
import { checkTopicName } from './topic-name.js';

/** The wire's word for "where the data ends now" (lance.md 7.4). */
export const END_OFFSET = 0xffff_ffff_ffff_ffffn;

const AT = HEADER_BYTES;

/** Whole frames of the requests that a client makes, each ready for one write (lance.md 2.7). */

export function createTopicRequest(name: string): Uint8Array {
  return textRequest(Command.CreateTopic, checkTopicName(name));
}

/** 0 does not mean unlimited: it deletes every closed segment; 2^64 - 1 for both keeps everything (lance.md 7.9). */
export function createTopicWithRetentionRequest(name: string, maxAgeSecs: bigint, maxBytes: bigint): Uint8Array {
  const length = Buffer.byteLength(checkTopicName(name));
  const frame = newFrame(2 + length + 16);
  writeU16(frame, AT, length);
  frame.write(name, AT + 2);
  writeBigU64(frame, AT + 2 + length, checkU64('maxAgeSecs', maxAgeSecs));
  writeBigU64(frame, AT + 10 + length, checkU64('maxBytes', maxBytes));
  return sealControl(frame, Command.CreateTopicWithRetention);
}

export function deleteTopicRequest(topicId: number): Uint8Array {
  return topicRequest(Command.DeleteTopic, topicId);
}

export function listTopicsRequest(): Uint8Array {
  return sealControl(newFrame(0), Command.ListTopics);
}

export function getTopicRequest(topicId: number): Uint8Array {
  return topicRequest(Command.GetTopic, topicId);
}

export function setRetentionRequest(topicId: number, maxAgeSecs: bigint, maxBytes: bigint): Uint8Array {
  const frame = newFrame(20);
  writeU32(frame, AT, checkTopicId(topicId));
  writeBigU64(frame, AT + 4, checkU64('maxAgeSecs', maxAgeSecs));
  writeBigU64(frame, AT + 12, checkU64('maxBytes', maxBytes));
  return sealControl(frame, Command.SetRetention);
}

export function getClusterStatusRequest(): Uint8Array {
  return sealControl(newFrame(0), Command.GetClusterStatus);
}

/** The token's UTF-8 bytes are compared as they are: nothing is trimmed. */
export function authenticateRequest(token: string): Uint8Array {
  return textRequest(Command.Authenticate, token);
}

/**
 * Asks for at most `maxBytes` from `start` on; `'end'` asks where the data ends now.
 * A larger `start` than a safe number is only of use in tests: pass a bigint.
 */
export function fetchRequest(topicId: number, start: number | bigint | 'end', maxBytes: number): Uint8Array {
  const frame = newFrame(16);
  writeU32(frame, AT, checkTopicId(topicId));
  if (typeof start === 'number') writeU64(frame, AT + 4, integerIn('start', start, 0, Number.MAX_SAFE_INTEGER));
  else writeBigU64(frame, AT + 4, start === 'end' ? END_OFFSET : checkU64('start', start));
  writeU32(frame, AT + 12, integerIn('maxBytes', maxBytes, 0, MAX_U32));
  return sealControl(frame, Command.Fetch);
}

/** Bookkeeping only: no data follows. Asking for 0 gets the offset last committed under this id (lance.md 7.5). */
export function subscribeRequest(
  topicId: number,
  startOffset: bigint,
  maxBatchBytes: number,
  consumerId: bigint,
): Uint8Array {
  const frame = newFrame(24);
  writeU32(frame, AT, checkTopicId(topicId));
  writeBigU64(frame, AT + 4, checkU64('startOffset', startOffset));
  writeU32(frame, AT + 12, integerIn('maxBatchBytes', maxBatchBytes, 0, MAX_U32));
  writeBigU64(frame, AT + 16, checkU64('consumerId', consumerId));
  return sealControl(frame, Command.Subscribe);
}

/** Answered by an Ack frame whose batch id is the consumer id. */
export function unsubscribeRequest(topicId: number, consumerId: bigint): Uint8Array {
  const frame = newFrame(12);
  writeU32(frame, AT, checkTopicId(topicId));
  writeBigU64(frame, AT + 4, checkU64('consumerId', consumerId));
  return sealControl(frame, Command.Unsubscribe);
}

/** Kept in the memory of one node, unchecked, and lost when it restarts (lance.md 7.6). */
export function commitOffsetRequest(topicId: number, consumerId: bigint, offset: bigint): Uint8Array {
  const frame = newFrame(20);
  writeU32(frame, AT, checkTopicId(topicId));
  writeBigU64(frame, AT + 4, checkU64('consumerId', consumerId));
  writeBigU64(frame, AT + 12, checkU64('offset', offset));
  return sealControl(frame, Command.CommitOffset);
}

function topicRequest(command: number, topicId: number): Uint8Array {
  const frame = newFrame(4);
  writeU32(frame, AT, checkTopicId(topicId));
  return sealControl(frame, command);
}

function textRequest(command: number, text: string): Uint8Array {
  const frame = newFrame(Buffer.byteLength(text));
  frame.write(text, AT);
  return sealControl(frame, command);
}

function checkTopicId(topicId: number): number {
  return integerIn('topicId', topicId, 0, MAX_U32);
}

function checkU64(option: string, value: bigint): bigint {
  if (value >= 0n && value <= END_OFFSET) return value;
  throw new InvalidOptionError(option, value, 'must be from 0 to 2^64 - 1');
}
