import type { FloCodec } from '../../codecs/flo/codec.js';
import { DEFAULT_DLQ_LIMIT, MAX_DEQUEUE_COUNT, MAX_VALUE_BYTES } from '../../codecs/flo/limits.js';
import type { QueueDequeueRequest, QueueMessage } from '../../codecs/flo/operations.js';
import type { FloCore } from './core.js';
import type { Exchange } from './exchange.js';
import type { MessageQueue } from './message-queue.js';
import { nameRefusal, serve, type ServedOperation } from './operation.js';
import { qualifiedName } from './qualified-name.js';
import { refusals, tooLong } from './refusals.js';
import { waitMsOf } from './waiting.js';

/** Most bytes of payload in one answer, unless a single message has more: what clients read at most (flo.md 5). */
const MOST_BYTES = MAX_VALUE_BYTES;

/** Queues as flo.md 4.3 has them: as documented with leases, or as the examined servers carry them out. */
export function queueOperations(core: FloCore, { queue }: FloCodec): ServedOperation[] {
  const leasing = core.behaviour.semantics === 'documented';
  /** Settles messages of a queue that may not exist; unknown sequence numbers are no error. */
  const settling =
    <Q extends { readonly queue: Uint8Array; readonly seqs: readonly bigint[] }>(
      settle: (queue: MessageQueue, request: Q) => void,
    ) =>
    (exchange: Exchange<void>, request: Q, namespace: string): void => {
      const refusal = nameRefusal(namespace, request.queue);
      if (refusal !== undefined) return exchange.refuse(refusal);
      const found = core.queues.get(qualifiedName(namespace, request.queue));
      if (found !== undefined && leasing) settle(found, request);
      exchange.answer();
    };

  return [
    serve(core, queue.enqueue, (exchange, { queue: name, payload, ...how }, namespace) => {
      const refusal = nameRefusal(namespace, name);
      if (refusal !== undefined) return exchange.refuse(refusal);
      if (payload.length > core.behaviour.maxValueBytes) return exchange.refuse(tooLong('payload too long'));
      const { priority } = how;
      const seq = core.enqueue(qualifiedName(namespace, name), payload, leasing ? how : { priority });
      exchange.answer({ seq });
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
      if (!leasing) exchange.refuse(refusals.notImplemented);
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
  const waitMs = waitMsOf(core, exchange.codec, request.blockMs, request.queue);
  if (typeof waitMs !== 'number') return exchange.refuse(waitMs.refusal);
  const take = (count: number): boolean => {
    const queue = core.queues.get(name);
    if (queue === undefined || queue.ready === 0 || !exchange.wanted) return false;
    const { visibilityTimeoutMs } = request;
    const leasing = core.behaviour.semantics === 'documented';
    exchange.answer(leasing ? queue.lease(count, MOST_BYTES, visibilityTimeoutMs) : queue.handOut(count, MOST_BYTES));
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
  const end = messages.findIndex(({ payload }, at) => (bytes += payload.length) > MOST_BYTES && at > 0);
  return end < 0 ? messages : messages.slice(0, end);
}
