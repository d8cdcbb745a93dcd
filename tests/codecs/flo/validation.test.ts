import { NotSupportedError } from '../../../src/codecs/payload/errors.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import { InternalServerError } from '../../../src/codecs/flo/errors.js';
import { operation } from './golden/built.js';
import { protocols, utf8 } from './golden/vectors.js';

const key = utf8('k');
const queue = utf8('q');
const value = utf8('v');
const payload = value;
const long = new Uint8Array(65_536).fill(65);
const KEY = 'must have 1 to 65535 bytes and no NUL';
const U64 = 'must be a bigint from 0 to 2^64 - 1';

/** What no generation sends: operation, request, option, rule. */
const REFUSED: readonly (readonly [name: string, request: object, option: string, rule: string])[] = [
  ['kv.get', { key: utf8('') }, 'key', KEY],
  ['kv.get', { key: long }, 'key', KEY],
  ['kv.get', { key: utf8('a\0b') }, 'key', KEY],
  ['kv.get', { key, waitMs: 0 }, 'waitMs', 'must be an integer from 1 to 300000'],
  ['kv.get', { key, waitMs: 300_001 }, 'waitMs', 'must be an integer from 1 to 300000'],
  ['kv.get', { key, waitMs: 1.5 }, 'waitMs', 'must be an integer from 1 to 300000'],
  ['kv.get', { key, waitFor: 'change' }, 'waitFor', 'needs waitMs'],
  ['kv.get', { key, waitMs: 1, waitFor: 'ever' }, 'waitFor', 'must be one of exists, change'],
  ['kv.put', { key, value, ttlMs: -1 }, 'ttlMs', 'must be an integer from 0 to'],
  ['kv.put', { key, value, ttlMs: Number.NaN }, 'ttlMs', 'must be an integer from 0 to'],
  ['kv.put', { key, value, ttlMs: 2 ** 53 }, 'ttlMs', 'must be an integer from 0 to'],
  ['kv.put', { key, value, casVersion: -1n }, 'casVersion', U64],
  ['kv.put', { key, value, casVersion: 2n ** 64n }, 'casVersion', U64],
  ['kv.put', { key, value, casVersion: 7 }, 'casVersion', U64],
  ['kv.put', { key, value, condition: 'sometimes' }, 'condition', 'must be one of always, ifAbsent, ifPresent'],
  ['kv.put', { key, value: new Uint8Array(16 * 1024 * 1024 + 1) }, 'value', 'must have at most'],
  ['kv.delete', { key: utf8('') }, 'key', KEY],
  ['kv.delete', { key, casVersion: 2n ** 64n }, 'casVersion', U64],
  ['kv.delete', { key, routingKey: new Uint8Array(4_097) }, 'routingKey', 'must have at most'],
  ['queue.enqueue', { queue: utf8(''), payload }, 'queue', KEY],
  ['queue.enqueue', { queue, payload, priority: 256 }, 'priority', 'must be an integer from 0 to 255'],
  ['queue.enqueue', { queue, payload, priority: -1 }, 'priority', 'must be an integer from 0 to 255'],
  ['queue.enqueue', { queue, payload, delayMs: -1 }, 'delayMs', 'must be an integer from 0 to'],
  ['queue.enqueue', { queue, payload: new Uint8Array(16 * 1024 * 1024 + 1) }, 'payload', 'must have at most 16777216'],
  ['queue.dequeue', { queue, count: 0 }, 'count', 'must be an integer from 1 to 100'],
  ['queue.dequeue', { queue, count: 101 }, 'count', 'must be an integer from 1 to 100'],
  ['queue.dequeue', { queue, count: 1, blockMs: 0 }, 'blockMs', 'must be an integer from 1 to 300000'],
  ['queue.dequeue', { queue, count: 1, blockMs: 300_001 }, 'blockMs', 'must be an integer from 1 to 300000'],
  ['queue.dequeue', { queue, count: 1, visibilityTimeoutMs: 0 }, 'visibilityTimeoutMs', 'must be an integer from 1'],
  ['queue.ack', { queue, seqs: [] }, 'seqs.length', 'must be an integer from 1 to 1024'],
  ['queue.ack', { queue, seqs: new Array<bigint>(1_025).fill(1n) }, 'seqs.length', 'must be an integer from 1 to 1024'],
  ['queue.ack', { queue, seqs: [1n, -1n] }, 'seqs[1]', U64],
  ['queue.nack', { queue, seqs: [2n ** 64n] }, 'seqs[0]', U64],
  ['queue.dlqList', { queue, limit: 0 }, 'limit', 'must be an integer from 1 to'],
];

/** What only one generation refuses. */
const REFUSED_IN_V1: typeof REFUSED = [
  ['kv.get', { key, routingKey: new Uint8Array(256) }, 'routingKey', 'must have at most 255 bytes'],
  ['queue.enqueue', { queue, payload, dedupKey: '' }, 'dedupKey', 'must have 1 to 255 bytes in UTF-8'],
  ['queue.enqueue', { queue, payload, dedupKey: 'é'.repeat(128) }, 'dedupKey', 'must have 1 to 255 bytes in UTF-8'],
  ['queue.touch', { queue, seqs: [] }, 'seqs.length', 'must be an integer from 1 to 1024'],
];
const REFUSED_IN_V2: typeof REFUSED = [
  ['kv.put', { key, value: new Uint8Array(253_818) }, 'value', 'must have at most 253817 bytes'],
  ['kv.put', { key, value, ttlMs: 18_446_744_073_710 }, 'ttlMs', 'must be an integer from 0 to 18446744073709'],
];

/** What fits exactly. */
const TAKEN: readonly (readonly [protocol: (typeof protocols)[number], name: string, request: object])[] = [
  ['v1-32', 'kv.get', { key: long.subarray(1), waitMs: 300_000 }],
  ['v2-table', 'kv.get', { key: long.subarray(1), waitMs: 300_000 }],
  ['v1-32', 'kv.put', { key, value: new Uint8Array(253_818), ttlMs: 2 ** 53 - 1, casVersion: 2n ** 64n - 1n }],
  ['v2-table', 'kv.put', { key, value: new Uint8Array(253_817), ttlMs: 18_446_744_073_709, casVersion: 0n }],
  ['v2-table', 'kv.get', { key, routingKey: new Uint8Array(4_096) }],
  ['v1-32', 'queue.enqueue', { queue, payload, priority: 255, dedupKey: 'x'.repeat(255), delayMs: 2 ** 53 - 1 }],
  ['v1-32', 'queue.dequeue', { queue, count: 100, blockMs: 300_000, visibilityTimeoutMs: 2 ** 32 - 1 }],
  ['v2-table', 'queue.ack', { queue, seqs: new Array<bigint>(1_024).fill(2n ** 64n - 1n) }],
  ['v1-32', 'queue.dlqList', { queue, limit: 10_000 }],
];

const cases = [
  ...protocols.flatMap((protocol) => REFUSED.map((one) => [protocol, ...one] as const)),
  ...REFUSED_IN_V1.map((one) => ['v1-32', ...one] as const),
  ...REFUSED_IN_V2.map((one) => ['v2-table', ...one] as const),
];

it.each(cases)('%s %s %p: %s %s', (protocol, name, request, option, rule) => {
  const one = operation(codecFor(protocol), name)!;
  let error: unknown;
  try {
    one.encodeRequest('default', request);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InvalidOptionError);
  const { context, message } = error as InvalidOptionError;
  expect(context['option']).toBe(option);
  expect(String(context['rule'])).toContain(rule);
  expect(message).toContain(option);
});

it.each(TAKEN)('%s %s takes what fits exactly', (protocol, name, request) => {
  const one = operation(codecFor(protocol), name)!;
  expect(one.decodeRequest(one.encodeRequest('n'.repeat(255), request))).toMatchObject({ request });
});

it.each(protocols)('a namespace in %s has at most 255 bytes and no NUL', (protocol) => {
  for (const namespace of ['n'.repeat(256), 'é'.repeat(128), 'a\0b']) {
    for (const name of ['kv.get', 'kv.put', 'kv.delete', 'queue.enqueue', 'queue.dequeue', 'queue.ack']) {
      const request = { key, queue, value, payload, count: 1, seqs: [1n] };
      const encode = (): unknown => operation(codecFor(protocol), name)!.encodeRequest(namespace, request);
      expect(encode).toThrow('namespace: must have at most 255 bytes and no NUL');
    }
  }
});

it('dead letters are asked for by the hundred when nobody says how many', () => {
  const { dlqList } = codecFor('v1-32').queue;
  expect(dlqList.encodeRequest('', { queue })).toEqual(dlqList.encodeRequest('', { queue, limit: 100 }));
});

describe('what v2-table has no place for', () => {
  const UNSUPPORTED: readonly (readonly [name: string, request: object, option: string])[] = [
    ['kv.put', { key, value, condition: 'never' }, 'condition never'],
    ['queue.enqueue', { queue, payload, delayMs: 1 }, 'delayMs'],
    ['queue.enqueue', { queue, payload, dedupKey: 'once' }, 'dedupKey'],
    ['queue.dequeue', { queue, count: 1, visibilityTimeoutMs: 1_000 }, 'visibilityTimeoutMs'],
    ['queue.nack', { queue, seqs: [1n], toDlq: true }, 'toDlq'],
    ['queue.touch', { queue, seqs: [1n] }, 'queue.touch'],
    ['queue.dlqList', { queue, limit: 100 }, 'limit'],
  ];

  it.each(UNSUPPORTED)('%s %p', (name, request, option) => {
    const encode = (protocol: 'v1-32' | 'v2-table') => (): unknown =>
      operation(codecFor(protocol), name)!.encodeRequest('', request);
    expect(encode('v2-table')).toThrow(NotSupportedError);
    expect(encode('v2-table')).toThrow(`${option}: the protocol v2-table has no place for it`);
    expect(encode('v1-32')).not.toThrow();
  });

  it('is not missed where it says what is so anyway', () => {
    const { enqueue, nack } = codecFor('v2-table').queue;
    expect(enqueue.encodeRequest('', { queue, payload, delayMs: 0 })).toEqual(
      enqueue.encodeRequest('', { queue, payload }),
    );
    expect(nack.encodeRequest('', { queue, seqs: [1n], toDlq: false })).toEqual(
      nack.encodeRequest('', { queue, seqs: [1n] }),
    );
  });

  it('is an operation that a v2-table server does not know', () => {
    const { ack, touch } = codecFor('v2-table').queue;
    const read = (): unknown => touch.decodeRequest(ack.encodeRequest('', { queue, seqs: [1n] }));
    expect(read).toThrow(InternalServerError);
    expect(read).toThrow('not implemented');
  });
});
