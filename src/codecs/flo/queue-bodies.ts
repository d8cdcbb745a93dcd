import { answerReader } from './answers.js';
import { BodyReader } from './body-reader.js';
import { BodyWriter } from './body-writer.js';
import { IncompleteResponseError } from './errors.js';
import { MAX_SEQS } from './limits.js';
import type { DlqListAnswer, QueueMessage } from './operations.js';
import { malformed } from './request-payload.js';

/** Sequence number and length of a message. */
const FIXED_BYTES = 12;
/**
 * What servers write behind each payload and most SDKs do not know: when it was enqueued, its delivery count and its
 * priority.
 */
const TRAILER_BYTES = 13;
/** What an answer needs for a message beside its payload, at most. */
export const MOST_BYTES_AROUND = FIXED_BYTES + TRAILER_BYTES;

/** The sequence numbers of an ack, nack or touch. */
export function encodeSequences(seqs: readonly bigint[]): Uint8Array {
  const body = new BodyWriter(4 + 8 * seqs.length).u32(seqs.length);
  for (const seq of seqs) body.u64(seq);
  return body.done();
}

export function decodeSequences(value: Uint8Array): bigint[] {
  const reader = new BodyReader(value, malformed);
  const count = reader.u32('count');
  if (count < 1 || count > MAX_SEQS) throw malformed(`${count} sequence numbers: 1 to ${MAX_SEQS} allowed`);
  const seqs = Array.from({ length: count }, () => reader.u64('seq'));
  reader.end();
  return seqs;
}

/**
 * Messages as dequeue answers them; the trailer is what servers write, without it is what SDKs expect (flo.md 4.3.2).
 */
export function encodeMessages(messages: readonly QueueMessage[], trailer: boolean): Uint8Array {
  const each = FIXED_BYTES + (trailer ? TRAILER_BYTES : 0);
  const length = messages.reduce((sum, { payload }) => sum + each + payload.length, 4);
  const body = new BodyWriter(length).u32(messages.length);
  for (const { seq, payload, enqueuedAtMs = 0, deliveryCount = 1, priority = 0 } of messages) {
    body.u64(seq).str32(payload);
    if (trailer) body.smallU64(enqueuedAtMs).u32(deliveryCount).u8(priority);
  }
  return body.done();
}

/**
 * The layout is the one that ends exactly where the body ends; with nothing in it there is no difference. The trailer
 * is tried first: real servers write it, so no payload of theirs can make itself look like more messages.
 */
export function decodeMessages(operation: string, body: Uint8Array): QueueMessage[] {
  try {
    return decodeWithTrailer(operation, body);
  } catch (error) {
    if (!(error instanceof IncompleteResponseError)) throw error;
    return decodeExactly(operation, body, readMessage, FIXED_BYTES);
  }
}

/** The same where the trailer must be there. */
export function decodeWithTrailer(operation: string, body: Uint8Array): QueueMessage[] {
  return decodeExactly(operation, body, readWithTrailer, MOST_BYTES_AROUND);
}

/** What servers write that can't list dead letters: no message, and how many there are. */
export function encodeTotal(total: bigint): Uint8Array {
  return new BodyWriter(12).u32(0).u64(total).done();
}

/** Reads both kinds of answers (flo.md 4.9). */
export function decodeDeadLetters(
  operation: string,
  body: Uint8Array,
  decode: (operation: string, body: Uint8Array) => QueueMessage[],
): DlqListAnswer {
  if (body.length === 12) {
    const reader = answerReader(operation, body);
    if (reader.u32('count') === 0) return { messages: [], total: reader.u64('total') };
  }
  return { messages: decode(operation, body) };
}

function decodeExactly(
  operation: string,
  body: Uint8Array,
  read: (reader: BodyReader) => QueueMessage,
  leastBytes: number,
): QueueMessage[] {
  const reader = answerReader(operation, body);
  const count = reader.u32('count');
  // A count that the bytes can't hold is found out before anything is allocated for it.
  if (count * leastBytes > reader.remaining) {
    throw new IncompleteResponseError(`the answer to ${operation}: ${count} messages in ${body.length} bytes`);
  }
  const messages = Array.from({ length: count }, () => read(reader));
  reader.end();
  return messages;
}

function readMessage(reader: BodyReader): QueueMessage {
  return { seq: reader.u64('seq'), payload: reader.str32('payload') };
}

function readWithTrailer(reader: BodyReader): QueueMessage {
  return {
    seq: reader.u64('seq'),
    payload: reader.str32('payload'),
    enqueuedAtMs: reader.i64('enqueued_at_ms'),
    deliveryCount: reader.u32('delivery_count'),
    priority: reader.u8('priority'),
  };
}
