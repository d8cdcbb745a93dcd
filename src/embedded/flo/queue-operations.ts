import type { FloCodec } from '../../codecs/flo/codec.js';
import { DEFAULT_DLQ_LIMIT, MAX_DEQUEUE_COUNT, MAX_VALUE_BYTES } from '../../codecs/flo/limits.js';
import type { QueueDequeueRequest, QueueMessage } from '../../codecs/flo/operations.js';
import { MOST_BYTES_AROUND } from '../../codecs/flo/queue-bodies.js';
import type { FloCore } from './core.js';
import type { Exchange } from './exchange.js';
import type { MessageQueue } from './message-queue.js';
import { nameRefusal, serve, type ServedOperation } from './operation.js';
import { qualifiedName } from './qualified-name.js';
import { refusals, tooLong } from './refusals.js';
import { waitMsOf } from './waiting.js';

/** Most bytes of messages in one answer, unless a single one has more: what clients read at most (flo.md 5). */
const MOST_BYTES = MAX_VALUE_BYTES;

/** Queues as flo.md 4.3 has them: as documented with leases, or as the examined servers carry them out. */
export function queueOperations(core: FloCore, { queue }: FloCodec): ServedOperation[] {
  /** Settles messages of a queue that may not exist; unknown sequence numbers are no error. */
  const settling =
    <Q extends { readonly queue: Uint8Array; readonly seqs: readonly bigint[] }>(
      settle: (queue: MessageQueue, request: Q) => void,
    ) =>
    (exchange: Exchange<void>, request: Q, namespace: string): void => {
      const refusal = nameRefusal(namespace, request.queue);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const found = core.queues.get(qualifiedName(namespace, request.queue));
      if (found !== undefined && core.leasing) settle(found, request);
      exchange.answer();
    };

  return [
    serve(core, queue.enqueue, (exchange, { queue: name, payload, ...how }, namespace) => {
      const refusal = nameRefusal(namespace, name);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const { maxValueBytes } = core.behaviour;
      if (payload.length > maxValueBytes) return exchange.refuse(tooLong('payload', payload, maxValueBytes));
      exchange.answer({ seq: core.enqueue(qualifiedName(namespace, name), payload, how) });
    }),
    serve(core, queue.dequeue, (exchange, request, namespace) => {
      const refusal = nameRefusal(namespace, request.queue);
      if (refusal !== undefined) exchange.refuse(refusal);
      else dequeue(core, exchange, request, qualifiedName(namespace, request.queue));
    }),
    serve(
      core,
      queue.ack,
      settling((found, { seqs }) => found.ack(seqs)),
    ),
    serve(
      core,
      queue.nack,
      settling((found, { seqs, toDlq }) => {
        found.nack(seqs, toDlq);
        core.wake(found);
      }),
    ),
    serve(core, queue.touch, (exchange, request, namespace) => {
      // No examined server has a handler for it (flo.md 4.3.4).
      if (!core.leasing) exchange.refuse(refusals.notImplemented);
      else settling((found, { seqs }) => found.touch(seqs))(exchange, request, namespace);
    }),
    serve(core, queue.dlqList, (exchange, { queue: name, limit }, namespace) => {
      const refusal = nameRefusal(namespace, name);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const dead = core.queues.get(qualifiedName(namespace, name))?.deadLetters;
      // A client that fills in nothing sends 0 (trap 46).
      const messages = dead?.list(limit === undefined || limit === 0 ? DEFAULT_DLQ_LIMIT : limit) ?? [];
      exchange.answer({ messages: fitting(messages), total: BigInt(dead?.size ?? 0) });
    }),
  ];
}

function dequeue(
  core: FloCore,
  exchange: Exchange<readonly QueueMessage[]>,
  request: QueueDequeueRequest,
  name: string,
): void {
  // What waits must not hold on to the request, which is a view of a frame that may be large.
  const { visibilityTimeoutMs } = request;
  const waitMs = waitMsOf(core, exchange.codec, request.blockMs, request.queue);
  if (typeof waitMs !== 'number') return exchange.refuse(waitMs.refusal);
  const take = (count: number): boolean => {
    const queue = core.queues.get(name);
    if (queue === undefined || queue.ready === 0 || !exchange.wanted) return false;
    exchange.answer(
      core.leasing ? queue.lease(count, MOST_BYTES, visibilityTimeoutMs) : queue.handOut(count, MOST_BYTES),
    );
    return true;
  };
  if (take(Math.min(Math.max(1, request.count), MAX_DEQUEUE_COUNT))) return;
  // What wakes a request up hands it one message (flo.md 4.3.2).
  exchange.park(
    core.spotOfQueue(name),
    waitMs,
    () => take(1),
    () => exchange.answer([]),
  );
}

/** As many of them, from the first on, as one answer holds. */
function fitting<M extends { readonly payload: Uint8Array }>(messages: readonly M[]): readonly M[] {
  let bytes = 0;
  const end = messages.findIndex(
    ({ payload }, at) => (bytes += MOST_BYTES_AROUND + payload.length) > MOST_BYTES && at > 0,
  );
  return end < 0 ? messages : messages.slice(0, end);
}
