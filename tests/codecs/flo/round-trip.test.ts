import fc from 'fast-check';
import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import type { FloCodec } from '../../../src/codecs/flo/codec.js';
import { v132 } from '../../../src/codecs/flo/v1-32.js';
import { v2Table } from '../../../src/codecs/flo/v2-table.js';
import { operation, operations } from './golden/built.js';
import { bytesOf, hex, payloadOf, utf8 } from './golden/vectors.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 300 });
const name = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((some) => some.map((byte) => byte || 1));
const namespace = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
const waitMs = fc.integer({ min: 1, max: 300_000 });
const seqs = fc.array(u64, { minLength: 1, maxLength: 40 });
const ms = fc.integer({ min: 1, max: 18_446_744_073_709 });
const dedupKey = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });

/** A record some of whose fields are left out. */
function some<T extends object>(
  required: (keyof T)[],
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<object> {
  return fc.record(fields, { requiredKeys: required as never[] });
}

const kv = {
  'kv.get': fc.oneof(
    some(['key'], { key: name, routingKey: bytes.filter(({ length }) => length < 256) }),
    some(['key', 'waitMs', 'waitFor'], {
      key: name,
      waitMs,
      waitFor: fc.constantFrom('exists', 'change'),
      routingKey: name,
    }),
  ),
  'kv.put': some(['key', 'value'], {
    key: name,
    value: bytes,
    ttlMs: ms,
    casVersion: u64,
    condition: fc.constantFrom('ifAbsent', 'ifPresent'),
    routingKey: name,
  }),
  'kv.delete': some(['key'], { key: name, casVersion: u64, routingKey: name }),
};

/** What each operation can be asked, in the one generation and in the other. */
const REQUESTS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  'v1-32': {
    ...kv,
    ping: fc.constant(undefined),
    'queue.enqueue': some(['queue', 'payload'], {
      queue: name,
      payload: bytes,
      priority: fc.integer({ min: 1, max: 255 }),
      delayMs: ms,
      dedupKey,
    }),
    'queue.dequeue': some(['queue', 'count'], {
      queue: name,
      count: fc.integer({ min: 1, max: 100 }),
      visibilityTimeoutMs: fc.integer({ min: 1, max: 0xffff_ffff }),
      blockMs: waitMs,
    }),
    'queue.ack': fc.record({ queue: name, seqs }),
    'queue.nack': some(['queue', 'seqs'], { queue: name, seqs, toDlq: fc.constant(true) }),
    'queue.touch': fc.record({ queue: name, seqs }),
    'queue.dlqList': fc.record({ queue: name, limit: fc.integer({ min: 1, max: 0xffff_ffff }) }),
  },
  'v2-table': {
    ...kv,
    ping: fc.constant(undefined),
    'queue.enqueue': some(['queue', 'payload'], {
      queue: name,
      payload: bytes,
      priority: fc.integer({ min: 1, max: 255 }),
    }),
    'queue.dequeue': some(['queue', 'count'], {
      queue: name,
      count: fc.integer({ min: 1, max: 100 }),
      blockMs: waitMs,
    }),
    'queue.ack': fc.record({ queue: name, seqs }),
    'queue.nack': fc.record({ queue: name, seqs }),
    'queue.dlqList': fc.record({ queue: name }),
  },
};

const bare = fc.record({ seq: u64, payload: bytes });
const told = fc.record({
  seq: u64,
  payload: bytes,
  enqueuedAtMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  deliveryCount: u32,
  priority: fc.integer({ min: 0, max: 255 }),
});

function answers(message: fc.Arbitrary<unknown>, maxLength = 20): Readonly<Record<string, fc.Arbitrary<unknown>>> {
  return {
    ping: fc.string({ unit: 'grapheme' }),
    'kv.get': fc.record({ version: u64, value: bytes }),
    'kv.put': fc.record({ version: fc.option(u64, { nil: undefined }) }),
    'queue.enqueue': fc.record({ seq: u64 }),
    'queue.dequeue': fc.array(message, { maxLength }),
    'queue.dlqList': fc.record({ messages: fc.array(message, { maxLength }) }),
    'queue.ack': fc.constant(undefined),
    'queue.nack': fc.constant(undefined),
    'queue.touch': fc.constant(undefined),
  };
}

const CODECS: readonly (readonly [name: string, codec: FloCodec, answers: ReturnType<typeof answers>])[] = [
  ['v1-32', v132(), { ...answers(bare), 'kv.delete': fc.constant({ existed: true }) }],
  [
    'v1-32 as servers write it',
    v132({ bodies: 'server' }),
    {
      ...answers(told),
      'kv.delete': fc.constant({ existed: true }),
      'queue.dlqList': fc.record({ messages: fc.constant([]), total: u64 }),
    },
  ],
  ['v2-table', v2Table(), { ...answers(told), 'kv.delete': fc.record({ existed: fc.boolean() }) }],
];

const requestCases = (['v1-32', 'v2-table'] as const).flatMap((protocol) =>
  Object.entries(REQUESTS[protocol]!).map(([name, request]) => [protocol, name, request] as const),
);

it.each(requestCases)('%s %s: what is asked is what is read', (protocol, name, request) => {
  const codec = codecFor(protocol);
  const one = operation(codec, name)!;
  fc.assert(
    fc.property(namespace, request, u32, u32, (space, asked, low, high) => {
      const frame = codec.requestFrame({ low, high }, one.opcode, one.encodeRequest(space, asked));
      expect(codec.decodeRequestHead(frame, 0)).toEqual({
        id: { low, high },
        opcode: one.opcode,
        payloadBytes: frame.length - 32,
      });
      expect(codec.isIntact(frame, 0, payloadOf(frame))).toBe(true);
      const expected = { namespace: name === 'ping' ? '' : space, request: asked };
      expect(one.decodeRequest(payloadOf(frame))).toEqual(expected);
    }),
  );
});

const answerCases = CODECS.flatMap(([title, codec, all]) =>
  Object.entries(all).map(([name, answer]) => [title, name, codec, answer] as const),
);

it.each(answerCases)('%s %s: what is answered is what is read', (_, name, codec, answer) => {
  const one = operation(codec, name)!;
  fc.assert(
    fc.property(answer, (answered) => {
      expect(one.decodeAnswer(one.encodeAnswer(answered))).toEqual(answered);
    }),
  );
});

function complaintOf(read: () => unknown): string {
  try {
    return `none, but ${String(read())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('an answer of v2-table', () => {
  const codec = v2Table();
  const exact = answerCases.filter(([title, name]) => title === 'v2-table' && name !== 'ping');

  it.each(exact)('%s %s is read to the last byte and not further', (_, name, __, answer) => {
    const one = operation(codec, name)!;
    fc.assert(
      fc.property(answer, fc.uint8Array({ minLength: 1, maxLength: 3 }), (answered, more) => {
        const body = one.encodeAnswer(answered);
        const cuts = Array.from({ length: Math.min(body.length, 40) }, (_, cut) => body.subarray(0, cut));
        const said = [Buffer.concat([body, more]), ...cuts].map((bad) => complaintOf(() => one.decodeAnswer(bad)));
        expect(said.filter((complaint) => !complaint.startsWith(`the answer to ${name}: `))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('has a trailer behind each message, with what is usual where nothing is known', () => {
    const [message] = codec.queue.dequeue.decodeAnswer(
      codec.queue.dequeue.encodeAnswer([{ seq: 1n, payload: utf8('p') }]),
    );
    expect(message).toEqual({ seq: 1n, payload: utf8('p'), enqueuedAtMs: 0, deliveryCount: 1, priority: 0 });
  });
});

describe('an answer of v1-32', () => {
  it('to a put of an old server tells no version', () => {
    expect(v132().kv.put.decodeAnswer(new Uint8Array(0))).toEqual({ version: undefined });
    expect(() => v132().kv.put.decodeAnswer(new Uint8Array(7))).toThrow('version: 8 bytes wanted, 7 left');
  });

  it('is read in the layout of servers and in that of SDKs', () => {
    const messages = [1n, 2n, 3n].map((seq) => ({
      seq,
      payload: utf8(`task ${seq}`),
      enqueuedAtMs: 5,
      deliveryCount: 1,
      priority: 0,
    }));
    const read = v132().queue.dequeue;
    expect(read.decodeAnswer(v132({ bodies: 'server' }).queue.dequeue.encodeAnswer(messages))).toEqual(messages);
    const plain = messages.map(({ seq, payload }) => ({ seq, payload }));
    expect(read.decodeAnswer(v132({ bodies: 'sdk' }).queue.dequeue.encodeAnswer(messages))).toEqual(plain);
  });

  it('reads times before 1970 and versions of 64 bits', () => {
    const body = v132({ bodies: 'server' }).queue.dequeue.encodeAnswer([
      { seq: 2n ** 64n - 1n, payload: utf8(''), enqueuedAtMs: 0, deliveryCount: 1, priority: 0 },
    ]);
    body.fill(255, 16, 24);
    expect(v132().queue.dequeue.decodeAnswer(body)).toMatchObject([{ seq: 2n ** 64n - 1n, enqueuedAtMs: -1 }]);
  });
});

it('a request that belongs to a transaction is refused: none was ever begun', () => {
  for (const [name, vector] of [
    ['kv.put', 'v1-32/kv_txn_put'],
    ['kv.put', 'v2-table/kv_txn_put'],
    ['kv.get', 'v2-table/kv_txn_get'],
    ['kv.delete', 'v2-table/kv_txn_delete'],
  ] as const) {
    const codec = codecFor(vector.startsWith('v1') ? 'v1-32' : 'v2-table');
    const frame = bytesOf(vector);
    const read = (): unknown => operation(codec, name)!.decodeRequest(payloadOf(frame));
    expect(read).toThrow(expect.objectContaining({ status: 2, reason: 'no_such_transaction', ran: 'no' }));
  }
});

it('every operation has one opcode, the same in both generations', () => {
  const table = (codec: FloCodec): unknown => operations(codec).map((one) => [one.name, one.opcode, one.taking]);
  expect(table(v132())).toEqual(table(v2Table()));
  expect(new Set(operations(v132()).map(({ opcode }) => opcode)).size).toBe(10);
  expect(
    operations(v132())
      .filter(({ taking }) => taking)
      .map((one) => one.name),
  ).toEqual(['queue.dequeue']);
});

it('a ping belongs to no namespace', () => {
  expect(hex(v132().ping.encodeRequest('elsewhere', undefined))).toBe('00'.repeat(10));
});
