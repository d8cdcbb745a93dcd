import { integerIn } from '../../foundation/check.js';
import { answerReader, emptyAnswer } from './answers.js';
import { BodyWriter } from './body-writer.js';
import { atMost, given, name, namespaceBytes, notSupported, optionText, sequences } from './checks.js';
import type { FloCodec, FloProtocol, Operation } from './codec.js';
import { InternalServerError } from './errors.js';
import { DEFAULT_DLQ_LIMIT, MAX_DEQUEUE_COUNT, MAX_VALUE_BYTES, MAX_WAIT_MS } from './limits.js';
import { Opcode } from './opcodes.js';
import type {
  DlqListAnswer,
  DlqListRequest,
  QueueAckRequest,
  QueueDequeueRequest,
  QueueEnqueueAnswer,
  QueueEnqueueRequest,
  QueueMessage,
  QueueNackRequest,
} from './operations.js';
import { OptionsWriter, Tag } from './options.js';
import {
  decodeDeadLetters,
  decodeMessages,
  decodeSequences,
  decodeWithTrailer,
  encodeMessages,
  encodeSequences,
  encodeTotal,
} from './queue-bodies.js';
import { decodePayload, encodePayload, text } from './request-payload.js';

/** How a generation's queues differ (flo.md 4.3 and 9, trap 56). */
export interface QueueTraits {
  readonly protocol: FloProtocol;
  /** Leases, delays, dedup keys and dead-lettering on demand exist in requests. */
  readonly full: boolean;
  /** Each message of an answer ends with a trailer: always, as servers do, or as most SDKs expect it. */
  readonly trailer: 'required' | 'written' | 'left out';
  /** Dead letters are counted instead of listed in answers that are written. */
  readonly counted: boolean;
}

const EMPTY = new Uint8Array(0);
const MAX_U32 = 0xffff_ffff;

/** Queues, which have requests in the older form in all generations. */
export function queueOperations(traits: QueueTraits): FloCodec['queue'] {
  return {
    enqueue: enqueue(traits),
    dequeue: dequeue(traits),
    ack: settling('queue.ack', Opcode.QueueAck, traits),
    nack: nack(traits),
    touch: touch(traits),
    dlqList: dlqList(traits),
  };
}

function enqueue({ protocol, full, trailer }: QueueTraits): Operation<QueueEnqueueRequest, QueueEnqueueAnswer> {
  return {
    name: 'queue.enqueue',
    opcode: Opcode.QueueEnqueue,
    taking: false,
    encodeRequest(namespace, { queue, payload, priority = 0, delayMs = 0, dedupKey }) {
      integerIn('priority', priority, 0, 255);
      integerIn('delayMs', delayMs, 0, Number.MAX_SAFE_INTEGER);
      if (!full && delayMs > 0) throw notSupported('delayMs', protocol);
      if (!full && dedupKey !== undefined) throw notSupported('dedupKey', protocol);
      const options = new OptionsWriter()
        .u8(Tag.Priority, priority === 0 ? undefined : priority)
        .smallU64(Tag.DelayMs, delayMs === 0 ? undefined : delayMs)
        .bytes(
          Tag.DedupKey,
          given(dedupKey, (key) => optionText('dedupKey', key)),
        );
      const checked = atMost('payload', payload, MAX_VALUE_BYTES);
      return encodePayload(namespaceBytes(namespace), name('queue', queue), checked, options.done());
    },
    decodeRequest(payload) {
      const { namespace, key, value, options } = decodePayload(payload);
      const priority = options.u8(Tag.Priority) ?? 0;
      const delayMs = options.clampedU64(Tag.DelayMs) ?? 0;
      const dedupKey = given(options.bytes(Tag.DedupKey), (key) => text(key, 'dedup_key'));
      const request = {
        queue: key,
        payload: value,
        ...(priority === 0 ? {} : { priority }),
        ...(delayMs === 0 ? {} : { delayMs }),
        ...(dedupKey === undefined ? {} : { dedupKey }),
      };
      return { namespace, request };
    },
    encodeAnswer: ({ seq }) => new BodyWriter(8).u64(seq).done(),
    decodeAnswer(body) {
      const reader = answerReader('queue.enqueue', body);
      const seq = reader.u64('seq');
      if (trailer === 'required') reader.end();
      return { seq };
    },
  };
}

function dequeue({ protocol, full, trailer }: QueueTraits): Operation<QueueDequeueRequest, readonly QueueMessage[]> {
  return {
    name: 'queue.dequeue',
    opcode: Opcode.QueueDequeue,
    taking: true,
    encodeRequest(namespace, { queue, count, visibilityTimeoutMs, blockMs }) {
      integerIn('count', count, 1, MAX_DEQUEUE_COUNT);
      given(visibilityTimeoutMs, (ms) => integerIn('visibilityTimeoutMs', ms, 1, MAX_U32));
      given(blockMs, (ms) => integerIn('blockMs', ms, 1, MAX_WAIT_MS));
      if (!full && visibilityTimeoutMs !== undefined) throw notSupported('visibilityTimeoutMs', protocol);
      const options = new OptionsWriter()
        .u32(Tag.Count, count)
        .u32(Tag.VisibilityTimeoutMs, visibilityTimeoutMs)
        .u32(Tag.BlockMs, blockMs);
      return encodePayload(namespaceBytes(namespace), name('queue', queue), EMPTY, options.done());
    },
    decodeRequest(payload) {
      const { namespace, key, options } = decodePayload(payload);
      const visibilityTimeoutMs = options.u32(Tag.VisibilityTimeoutMs);
      const blockMs = options.u32(Tag.BlockMs);
      const request = {
        queue: key,
        count: options.u32(Tag.Count) ?? 1,
        ...(visibilityTimeoutMs === undefined ? {} : { visibilityTimeoutMs }),
        ...(blockMs === undefined ? {} : { blockMs }),
      };
      return { namespace, request };
    },
    encodeAnswer: (messages) => encodeMessages(messages, trailer !== 'left out'),
    decodeAnswer: (body) => (trailer === 'required' ? decodeWithTrailer : decodeMessages)('queue.dequeue', body),
  };
}

function settling(operation: string, opcode: number, { trailer }: QueueTraits): Operation<QueueAckRequest, void> {
  return {
    name: operation,
    opcode,
    taking: false,
    encodeRequest: (namespace, { queue, seqs }) =>
      encodePayload(namespaceBytes(namespace), name('queue', queue), encodeSequences(sequences(seqs))),
    decodeRequest(payload) {
      const { namespace, key, value } = decodePayload(payload);
      return { namespace, request: { queue: key, seqs: decodeSequences(value) } };
    },
    encodeAnswer: emptyAnswer,
    decodeAnswer(body) {
      if (trailer === 'required') answerReader(operation, body).end();
    },
  };
}

function nack(traits: QueueTraits): Operation<QueueNackRequest, void> {
  return {
    ...settling('queue.nack', Opcode.QueueNack, traits),
    encodeRequest(namespace, { queue, seqs, toDlq = false }) {
      if (!traits.full && toDlq) throw notSupported('toDlq', traits.protocol);
      const options = new OptionsWriter().u8(Tag.SendToDlq, toDlq ? 1 : undefined);
      const value = encodeSequences(sequences(seqs));
      return encodePayload(namespaceBytes(namespace), name('queue', queue), value, options.done());
    },
    decodeRequest(payload) {
      const { namespace, key, value, options } = decodePayload(payload);
      const toDlq = options.u8(Tag.SendToDlq) === 1;
      return { namespace, request: { queue: key, seqs: decodeSequences(value), ...(toDlq ? { toDlq } : {}) } };
    },
  };
}

/** Renewing leases; where there are none, the operation itself does not exist. */
function touch(traits: QueueTraits): Operation<QueueAckRequest, void> {
  const operation = settling('queue.touch', Opcode.QueueTouch, traits);
  if (traits.full) return operation;
  return {
    ...operation,
    encodeRequest() {
      throw notSupported('queue.touch', traits.protocol);
    },
    decodeRequest() {
      throw new InternalServerError('not implemented', { reason: 'unknown_op', ran: 'no' });
    },
  };
}

function dlqList({ protocol, full, trailer, counted }: QueueTraits): Operation<DlqListRequest, DlqListAnswer> {
  return {
    name: 'queue.dlqList',
    opcode: Opcode.QueueDlqList,
    taking: false,
    encodeRequest(namespace, { queue, limit }) {
      given(limit, (most) => integerIn('limit', most, 1, MAX_U32));
      if (!full && limit !== undefined) throw notSupported('limit', protocol);
      const options = new OptionsWriter().u32(Tag.Limit, full ? (limit ?? DEFAULT_DLQ_LIMIT) : undefined);
      return encodePayload(namespaceBytes(namespace), name('queue', queue), EMPTY, options.done());
    },
    decodeRequest(payload) {
      const { namespace, key, options } = decodePayload(payload);
      const limit = options.u32(Tag.Limit);
      return { namespace, request: { queue: key, ...(limit === undefined ? {} : { limit }) } };
    },
    encodeAnswer: ({ messages, total }) =>
      counted ? encodeTotal(total ?? BigInt(messages.length)) : encodeMessages(messages, trailer !== 'left out'),
    decodeAnswer: (body) =>
      decodeDeadLetters('queue.dlqList', body, trailer === 'required' ? decodeWithTrailer : decodeMessages),
  };
}
