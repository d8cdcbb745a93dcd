import { isSafeU64, readBigU64, readU32, readU64, writeBigU64, writeU32, writeU64 } from '../little-endian.js';
import { Command, commandName } from './commands.js';
import { ProtocolError } from './errors.js';
import { newFrame, sealControl } from './frames.js';
import { HEADER_BYTES } from './header.js';

/** In front of the data of a FetchResponse (lance.md 2.7). */
export const FETCH_HEAD_BYTES = 16;
/** Where the data of a FetchResponse starts in its frame. */
export const FETCH_DATA_AT = HEADER_BYTES + FETCH_HEAD_BYTES;

const AT = HEADER_BYTES;

/** The first 16 bytes of a FetchResponse. */
export interface FetchHead {
  /** Where the next fetch goes on: position of the first byte not in this response. */
  readonly nextOffset: number;
  /** Bytes of data behind the head. */
  readonly byteCount: number;
}

export interface SubscribeAck {
  readonly consumerId: bigint;
  readonly startOffset: bigint;
}

export interface CommitAck {
  readonly consumerId: bigint;
  readonly committedOffset: bigint;
}

export interface AuthenticateResponse {
  readonly success: boolean;
  readonly message: string;
}

/**
 * Reads the head at `at` of a payload of `payloadLength` bytes, of which only the first 16 need to be there.
 * Throws {@link ProtocolError} if the payload is shorter, announces another number of bytes than it has, or a
 * position above 2^53 - 1.
 */
export function decodeFetchHead(bytes: Uint8Array, at: number, payloadLength: number): FetchHead {
  needBytes(Command.FetchResponse, payloadLength, FETCH_HEAD_BYTES);
  if (!isSafeU64(bytes, at)) {
    throw new ProtocolError(`a position of ${readBigU64(bytes, at)}: above 2^53 - 1 there is no topic`);
  }
  const byteCount = readU32(bytes, at + 8);
  if (byteCount !== payloadLength - FETCH_HEAD_BYTES) {
    throw new ProtocolError(
      `a fetch response announces ${byteCount} bytes and has ${payloadLength - FETCH_HEAD_BYTES}`,
    );
  }
  return { nextOffset: readU64(bytes, at), byteCount };
}

/** The end of the server's data, as {@link ServerCatchingUpError} tells it. */
export function decodeCatchingUp(bytes: Uint8Array, start: number, end: number): bigint {
  needBytes(Command.CatchingUp, end - start, 8);
  return readBigU64(bytes, start);
}

export function decodeSubscribeAck(bytes: Uint8Array, start: number, end: number): SubscribeAck {
  needBytes(Command.SubscribeAck, end - start, 16);
  return { consumerId: readBigU64(bytes, start), startOffset: readBigU64(bytes, start + 8) };
}

export function decodeCommitAck(bytes: Uint8Array, start: number, end: number): CommitAck {
  needBytes(Command.CommitAck, end - start, 16);
  return { consumerId: readBigU64(bytes, start), committedOffset: readBigU64(bytes, start + 8) };
}

export function decodeAuthenticateResponse(bytes: Uint8Array, start: number, end: number): AuthenticateResponse {
  needBytes(Command.AuthenticateResponse, end - start, 1);
  return { success: bytes[start] === 1, message: decodeReplyText(bytes, start + 1, end) };
}

/** The text of an ErrorResponse, or the JSON of a TopicResponse or ClusterStatusResponse. */
export function decodeReplyText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** A FetchResponse with room for `byteCount` bytes of data from {@link FETCH_DATA_AT} on, to be filled and then sealed. */
export function newFetchResponse(nextOffset: number, byteCount: number): Buffer {
  const frame = newFrame(FETCH_HEAD_BYTES + byteCount);
  writeU64(frame, AT, nextOffset);
  writeU32(frame, AT + 8, byteCount);
  // Not a count: 1 if there is any data.
  writeU32(frame, AT + 12, byteCount > 0 ? 1 : 0);
  return frame;
}

/** Completes what {@link newFetchResponse} began. */
export function sealFetchResponse(frame: Buffer): Uint8Array {
  return sealControl(frame, Command.FetchResponse);
}

export function fetchResponse(nextOffset: number, data: Uint8Array): Uint8Array {
  const frame = newFetchResponse(nextOffset, data.length);
  frame.set(data, FETCH_DATA_AT);
  return sealFetchResponse(frame);
}

export function catchingUpResponse(serverOffset: number): Uint8Array {
  const frame = newFrame(8);
  writeU64(frame, AT, serverOffset);
  return sealControl(frame, Command.CatchingUp);
}

export function subscribeAckResponse({ consumerId, startOffset }: SubscribeAck): Uint8Array {
  return twoU64(Command.SubscribeAck, consumerId, startOffset);
}

export function commitAckResponse({ consumerId, committedOffset }: CommitAck): Uint8Array {
  return twoU64(Command.CommitAck, consumerId, committedOffset);
}

export function authenticateResponse({ success, message }: AuthenticateResponse): Uint8Array {
  const frame = newFrame(1 + Buffer.byteLength(message));
  frame[AT] = success ? 1 : 0;
  frame.write(message, AT + 1);
  return sealControl(frame, Command.AuthenticateResponse);
}

/** A reply whose payload is text: TopicResponse, ClusterStatusResponse. */
export function textResponse(command: number, text: string): Uint8Array {
  const frame = newFrame(Buffer.byteLength(text));
  frame.write(text, AT);
  return sealControl(frame, command);
}

export function errorResponse(text: string): Uint8Array {
  return textResponse(Command.ErrorResponse, text);
}

function twoU64(command: number, first: bigint, second: bigint): Uint8Array {
  const frame = newFrame(16);
  writeBigU64(frame, AT, first);
  writeBigU64(frame, AT + 8, second);
  return sealControl(frame, command);
}

function needBytes(command: number, length: number, needed: number): void {
  if (length < needed) throw new ProtocolError(`${commandName(command)}: ${length} bytes, at least ${needed} needed`);
}
