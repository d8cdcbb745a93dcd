import { utf8, type Fields } from './vectors.js';

/** The answer of ours that a vector says a body means; vectors of the two generations write it a little differently. */
export function answerOf(operation: string, parsed: unknown): unknown {
  switch (operation) {
    case 'ping':
      return parsed;
    case 'kv.get':
      return { version: big(field(parsed, 'version')), value: utf8(field(parsed, 'value')) };
    case 'kv.put': {
      const version = big(field(parsed, 'version'));
      // What the official client shows as 0 is a version that was left out.
      return { version: version === 0n ? undefined : version };
    }
    case 'kv.delete':
      return { existed: parsed };
    case 'queue.enqueue':
      return { seq: big(typeof parsed === 'string' ? parsed : field(parsed, 'seq')) };
    case 'queue.dequeue':
      return (Array.isArray(parsed) ? parsed : (field(parsed, 'messages') as unknown[])).map(messageOf);
    case 'queue.dlqList':
      return { messages: (field(parsed, 'messages') as unknown[]).map(messageOf), total: big(field(parsed, 'total')) };
    default:
      throw new Error(`no answer of ${operation}`);
  }
}

function messageOf(parsed: unknown): unknown {
  const message = { seq: big(field(parsed, 'seq')), payload: utf8(field(parsed, 'payload')) };
  if (field(parsed, 'enqueuedAtMs') === undefined) return message;
  return {
    ...message,
    enqueuedAtMs: Number(field(parsed, 'enqueuedAtMs')),
    deliveryCount: Number(field(parsed, 'deliveryCount')),
    priority: Number(field(parsed, 'priority')),
  };
}

function field(of: unknown, name: string): unknown {
  return (of as Fields)[name];
}

function big(decimal: unknown): bigint {
  return BigInt(String(decimal));
}
