import type { FloCodec, Operation } from '../../codecs/flo/codec.js';
import type { QueueMessage } from '../../codecs/flo/operations.js';
import { inNumbers } from '../wires/in-numbers.js';

type Fields = Readonly<Record<string, unknown>>;

/** How the frames of an operation are called, and what tests may compare of them. Both throw at what can't be read. */
export interface OperationNames {
  /** As users know it, such as `queue.dequeue`. */
  readonly operation: string;
  request(payload: Uint8Array): { readonly name: string; readonly fields: Fields };
  answer(body: Uint8Array): { readonly name: string; readonly fields: Fields };
}

/** All operations of a generation by their opcodes. */
export function operationNames({ ping, kv, queue }: FloCodec): ReadonlyMap<number, OperationNames> {
  const names = new Map<number, OperationNames>();
  function add<Q, A>(
    operation: Operation<Q, A>,
    asked: string,
    fields: (request: Q) => Fields,
    answered: (answer: A) => [name: string, fields: Fields],
  ): void {
    names.set(operation.opcode, {
      operation: operation.name,
      request(payload) {
        const { namespace, request } = operation.decodeRequest(payload);
        const said = given({ ...fields(request), namespace: namespace === '' ? 'default' : namespace });
        return { name: asked, fields: said };
      },
      answer(body) {
        const [name, fields] = answered(operation.decodeAnswer(body));
        return { name, fields: given(fields) };
      },
    });
  }
  const settling = ({ queue, seqs, ...rest }: { queue: Uint8Array; seqs: readonly bigint[] }): Fields => ({
    queue: inText(queue),
    seqs,
    ...rest,
  });

  add(
    ping,
    'Ping',
    () => ({}),
    () => ['Pong', {}],
  );
  add(
    queue.enqueue,
    'Enqueue',
    ({ queue, payload, ...rest }) => ({ queue: inText(queue), text: inText(payload), ...rest }),
    ({ seq }) => ['Enqueued', { seq }],
  );
  add(
    queue.dequeue,
    'Dequeue',
    ({ queue, ...rest }) => ({ queue: inText(queue), ...rest }),
    (messages) => [messages.length === 0 ? 'NoMessages' : 'Messages', listed(messages)],
  );
  add(queue.ack, 'Ack', settling, () => ['Acked', {}]);
  add(queue.nack, 'Nack', settling, () => ['Nacked', {}]);
  add(queue.touch, 'Touch', settling, () => ['Touched', {}]);
  add(
    queue.dlqList,
    'DlqList',
    ({ queue, ...rest }) => ({ queue: inText(queue), ...rest }),
    ({ messages, total }) => ['DeadLetters', { ...listed(messages), total }],
  );
  add(
    kv.get,
    'Get',
    ({ key, waitMs, waitFor }) => ({ key: inText(key), waitMs, waitFor }),
    ({ version, value }) => ['Value', { version, text: inText(value) }],
  );
  add(
    kv.put,
    'Put',
    ({ key, value, ttlMs, casVersion, condition }) => ({
      key: inText(key),
      text: inText(value),
      ttlMs,
      casVersion,
      condition,
    }),
    ({ version }) => ['Stored', { version }],
  );
  add(
    kv.delete,
    'Delete',
    ({ key, casVersion }) => ({ key: inText(key), casVersion }),
    ({ existed }) => ['Deleted', { existed }],
  );
  return names;
}

function listed(messages: readonly QueueMessage[]): Fields {
  return { seqs: messages.map(({ seq }) => seq), texts: messages.map(({ payload }) => inText(payload)) };
}

function inText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** What is said at all. */
function given(fields: Fields): Fields {
  return inNumbers(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
}
