import { codecFor } from '../../codecs/flo/codec-for.js';
import type { FloCodec, Operation, Refusal } from '../../codecs/flo/codec.js';
import type { QueueMessage } from '../../codecs/flo/operations.js';
import type { HeardFloFrame } from './flo-peer.js';

/** An answer, made of the request that it belongs to. */
export type FloAnswer = (asked: HeardFloFrame) => Uint8Array;

/**
 * What a Flo server can answer, for the script of a {@link floPeer}: in the generation of the wire and with the id of the
 * request.
 *
 * @example
 * import { floAnswer } from 'sluice/testing';
 * const twoMessages = floAnswer.messages('a', 'b');
 * const overloaded = floAnswer.refused(10, 'not now');
 */
export const floAnswer = {
  pong: (): FloAnswer => answer(({ ping }) => ping, 'pong'),

  /** To Enqueue. */
  enqueued: (seq: number | bigint): FloAnswer => answer(({ queue }) => queue.enqueue, { seq: BigInt(seq) }),

  /** To Dequeue: texts get the sequence numbers from 1 on; none at all is an answer too. */
  messages: (...messages: readonly (string | QueueMessage)[]): FloAnswer =>
    answer(
      ({ queue }) => queue.dequeue,
      messages.map((message, index) =>
        typeof message === 'string' ? { seq: BigInt(index + 1), payload: inBytes(message) } : message,
      ),
    ),

  /** To Ack, Nack and Touch: it is done. */
  done: (): FloAnswer => answer(({ queue }) => queue.ack, undefined),

  /** To Get. */
  value: (value: string | Uint8Array, version: number | bigint = 1): FloAnswer =>
    answer(({ kv }) => kv.get, {
      version: BigInt(version),
      value: typeof value === 'string' ? inBytes(value) : value,
    }),

  /** To Put. */
  stored: (version: number | bigint = 1): FloAnswer => answer(({ kv }) => kv.put, { version: BigInt(version) }),

  /** To Delete. */
  deleted: (existed = true): FloAnswer => answer(({ kv }) => kv.delete, { existed }),

  /** To anything: an answer with these bytes as its body, which may be what nobody can read. */
  raw:
    (body: Uint8Array, status = 0): FloAnswer =>
    ({ protocol, id }) =>
      codecFor(protocol).answerFrame(halves(id), status, body),

  /** To anything: refused with this status (flo.md 2.8), such as 2 for not found and 10 for overloaded. */
  refused:
    (status: number, text?: string, more: Omit<Refusal, 'status' | 'text'> = {}): FloAnswer =>
    ({ protocol, id }) => {
      const codec = codecFor(protocol);
      const body = codec.refusalBody({ status, ...(text === undefined ? {} : { text }), ...more });
      return codec.answerFrame(halves(id), status, body);
    },
} as const;

function answer<Q, A>(pick: (codec: FloCodec) => Operation<Q, A>, value: A): FloAnswer {
  return ({ protocol, id }) => {
    const codec = codecFor(protocol);
    return codec.answerFrame(halves(id), 0, pick(codec).encodeAnswer(value));
  };
}

function halves(id: number): { low: number; high: number } {
  return { low: id >>> 0, high: Math.floor(id / 2 ** 32) };
}

function inBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
