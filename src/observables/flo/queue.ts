import { forkJoin, map, of, type Observable } from 'rxjs';
import type { Operation } from '../../codecs/flo/codec.js';
import type { DlqListAnswer, QueueAckRequest, QueueMessage, QueueNackRequest } from '../../codecs/flo/operations.js';
import { MAX_DEQUEUE_COUNT, MAX_SEQS } from '../../codecs/flo/limits.js';
import { integerIn } from '../../foundation/check.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { DeliveryStream } from '../delivery/delivery-stream.js';
import type { Commands } from './commands.js';
import type { FloOptions } from './kv-options.js';
import type { MessagesOptions } from './messages-options.js';
import { nameBytes, valueBytes } from './payloads.js';
import {
  blockOf,
  DEQUEUE_OPTIONS,
  ENQUEUE_OPTIONS,
  leaseOf,
  priorityOf,
  type DequeueOptions,
  type DlqListOptions,
  type EnqueueOptions,
  type QueueNackOptions,
} from './queue-options.js';

/**
 * Flo's queues (flo.md 4.3). The commands are cold: one request per subscription, one value, then done. To work on
 * what is in a queue use {@link messages}, which keeps leases, memory and fates in order.
 */
export class FloQueue {
  /** @internal */
  constructor(
    private readonly commands: Commands,
    private readonly open: <V>(queue: string, options: MessagesOptions<V>) => DeliveryStream<V>,
  ) {}

  /**
   * Puts a message on a queue and emits its number (4.3.1).
   * @throws InvalidOptionError naming the option, the value and the rule; PayloadError when the codec refuses the payload;
   * NotSupportedError for `delayMs` and `dedupKey` in `v2-table`.
   */
  enqueue<V = Uint8Array | string>(queue: string, payload: V, options: EnqueueOptions<V> = {}): Observable<bigint> {
    const { delayMs, dedupKey, codec, namespace } = onlyKnown('queue.enqueue', options, ENQUEUE_OPTIONS);
    const priority = priorityOf(options);
    const request = {
      queue: nameBytes('queue', queue),
      payload: valueBytes('payload', payload, codec),
      ...(priority === undefined ? {} : { priority }),
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(dedupKey === undefined ? {} : { dedupKey }),
    };
    return this.commands.ask(this.commands.wire.queue.enqueue, request, { namespace }).pipe(map(({ seq }) => seq));
  }

  /**
   * Takes at most `count` messages, 1 to 100, under a lease each (4.3.2); none if there are none in time. What comes
   * after the subscriber has left, or too late, is given back. Payloads are views of one answer: copy one to keep it
   * without the others.
   * @throws InvalidOptionError naming the option, the value and the rule; NotSupportedError for a lease in `v2-table`.
   */
  dequeue(queue: string, count = 1, options: DequeueOptions = {}): Observable<readonly QueueMessage[]> {
    const { visibilityTimeoutMs, namespace } = onlyKnown('queue.dequeue', options, DEQUEUE_OPTIONS);
    const blockMs = blockOf('blockMs', options.blockMs ?? 0);
    const name = nameBytes('queue', queue);
    const { dequeue, nack } = this.commands.wire.queue;
    const request = {
      queue: name,
      count: integerIn('count', count, 1, MAX_DEQUEUE_COUNT),
      ...(visibilityTimeoutMs === undefined
        ? {}
        : { visibilityTimeoutMs: leaseOf('visibilityTimeoutMs', visibilityTimeoutMs) }),
      ...(blockMs === 0 ? {} : { blockMs }),
    };
    const giveBack = (messages: readonly QueueMessage[]): void => {
      if (messages.length === 0) return;
      const seqs = messages.map(({ seq }) => seq);
      this.commands.tell(nack, this.commands.encode(nack, { queue: name, seqs }, namespace));
    };
    return this.commands.ask(dequeue, request, { namespace, waitMs: blockMs, giveBack });
  }

  /** Acknowledges messages: they are gone (4.3.3). Numbers that the server does not know are no error. */
  ack(queue: string, seqs: readonly bigint[], options: FloOptions = {}): Observable<void> {
    const { namespace } = onlyKnown('queue.ack', options, { namespace: true });
    return this.each(this.commands.wire.queue.ack, { queue: nameBytes('queue', queue), seqs }, namespace);
  }

  /**
   * Puts messages back on the queue at once, or with `toDlq` among the dead letters (4.3.3).
   * @throws NotSupportedError for `toDlq` in `v2-table`.
   */
  nack(queue: string, seqs: readonly bigint[], options: QueueNackOptions = {}): Observable<void> {
    const { toDlq, namespace } = onlyKnown('queue.nack', options, { toDlq: true, namespace: true });
    const request = { queue: nameBytes('queue', queue), seqs, ...(toDlq === undefined ? {} : { toDlq }) };
    return this.each(this.commands.wire.queue.nack, request, namespace);
  }

  /**
   * Renews the leases of messages (4.3.4). Errors with `InternalServerError` on servers without leases.
   * @throws NotSupportedError in `v2-table`.
   */
  touch(queue: string, seqs: readonly bigint[], options: FloOptions = {}): Observable<void> {
    const { namespace } = onlyKnown('queue.touch', options, { namespace: true });
    return this.each(this.commands.wire.queue.touch, { queue: nameBytes('queue', queue), seqs }, namespace);
  }

  /** Lists the dead letters of a queue, the oldest first (4.3.5). Some servers tell only how many there are, in `total`. */
  dlqList(queue: string, options: DlqListOptions = {}): Observable<DlqListAnswer> {
    const { limit, namespace } = onlyKnown('queue.dlqList', options, { limit: true, namespace: true });
    const request = {
      queue: nameBytes('queue', queue),
      ...(limit === undefined ? {} : { limit: integerIn('limit', limit, 1, 0xffff_ffff) }),
    };
    return this.commands.ask(this.commands.wire.queue.dlqList, request, { namespace });
  }

  /**
   * What is in a queue, as deliveries: hot, taken only as far as the window has room, leased and renewed until settled.
   * Subscribers share one session; a delivery's fate is the worst that one of them decides. In `v2-table`, and with
   * `leases: false`, the server forgets what it hands out: the guarantee is `'at-most-once'`.
   * @throws InvalidOptionError naming the option, the value and the rule; NotSupportedError for a lease where there is none.
   * @example
   * import { json, work } from 'sluice';
   * import { FloClient } from 'sluice/flo';
   * const flo = new FloClient('127.0.0.1:9000');
   * const tasks = flo.queue.messages('tasks', { codec: json<{ url: string }>(), window: { deliveries: 8 } });
   * tasks.pipe(work(async (task) => fetch(task.url), { concurrency: 4 })).subscribe();
   */
  messages<V = Uint8Array>(queue: string, options: MessagesOptions<V> = {}): DeliveryStream<V> {
    return this.open(queue, options);
  }

  /** One request for each 1 024 messages, none for none. */
  private each<Q extends QueueAckRequest | QueueNackRequest>(
    operation: Operation<Q, void>,
    request: Q,
    namespace: string | undefined,
  ): Observable<void> {
    const requests: Observable<void>[] = [];
    for (const part of partsOf(request.seqs)) {
      requests.push(this.commands.ask(operation, { ...request, seqs: part }, { namespace }));
    }
    if (requests.length === 0) return of(undefined);
    return forkJoin(requests).pipe(map(() => undefined));
  }
}

/** Cut into pieces that fit into one request. */
function* partsOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += MAX_SEQS) yield all.slice(at, at + MAX_SEQS);
}
