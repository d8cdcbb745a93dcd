import { InternalServerError } from '../../src/codecs/flo/errors.js';
import { json } from '../../src/codecs/payload/json.js';
import { FloClient } from '../../src/observables/flo/flo-client.js';
import { marbles } from '../../src/testing.js';
import { asText, queueOf } from './queue-q.js';

describe.each(['v1-32', 'v2-table'] as const)('queue commands in %s', (protocol) => {
  it('enqueue, dequeue, ack: the message is gone', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol } });
      const put = watch(client.queue.enqueue('q', { task: 'process' }, { codec: json() }));
      yield 50;
      expect(put.values).toEqual([1n]);
      const taken = watch(client.queue.dequeue('q', 10));
      yield 50;
      expect(taken.values.map((messages) => messages.map(({ seq, payload }) => [seq, asText(payload)]))).toEqual([
        [[1n, '{"task":"process"}']],
      ]);
      const acked = watch(client.queue.ack('q', [1n]));
      yield 50;
      expect([acked.values, acked.ended]).toEqual([[undefined], 'complete']);
      expect(server.queue('q')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 });
    });
  });

  it('the urgent goes first: urgency turns the order of the wire round', () => {
    marbles(function* ({ flo, watch }) {
      const { client } = flo({ client: { protocol } });
      watch(client.queue.enqueue('q', 'low', { urgency: 0 }));
      watch(client.queue.enqueue('q', 'mid', { priority: 100 }));
      watch(client.queue.enqueue('q', 'high'));
      yield 50;
      const taken = watch(client.queue.dequeue('q', 3));
      yield 50;
      expect(taken.values.flat().map(({ payload }) => asText(payload))).toEqual(['high', 'mid', 'low']);
    });
  });

  it('dequeue waits for a first message, or in vain', () => {
    marbles(function* ({ flo, watch }) {
      const { client, server } = flo({ client: { protocol } });
      const vain = watch(client.queue.dequeue('none', 1, { blockMs: 60_000 }));
      const taken = watch(client.queue.dequeue('q', 1, { blockMs: 60_000 }));
      yield 59_000;
      server.enqueue('q', Buffer.from('x'));
      yield 10;
      expect(taken.values.flat()).toHaveLength(1);
      yield 2_000;
      expect([vain.values, vain.endedAtMs]).toEqual([[[]], 60_040]);
    });
  });

  it('an empty list of numbers asks nothing; 1 024 is what one request holds', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ client: { protocol } });
      const none = watch(rig.client.queue.ack('q', []));
      expect([none.values, none.ended]).toEqual([[undefined], 'complete']);
      const many = watch(
        rig.client.queue.nack(
          'q',
          Array.from({ length: 2_500 }, (_, i) => BigInt(i)),
        ),
      );
      yield 100;
      expect(many.ended).toBe('complete');
      expect(rig.wire.nacks.map((nack) => nack.length - 1)).toEqual([1_024, 1_024, 452]);
    });
  });

  it('what is taken for one who has left is given back', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { protocol } });
      expectWire(rig.wire).toBe('C 19ms (oD) 86ms (dN) 16ms n 999ms X');
      const left = watch(rig.client.queue.dequeue('q', 1, { blockMs: 5_000 }));
      yield 100;
      left.unsubscribe();
      rig.enqueue('q', 'a');
      yield 100;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });

  it('one who leaves before there is a connection has asked for nothing', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { protocol } });
      expectWire(rig.wire).toBe('C 19ms o 999ms X');
      const left = watch(rig.client.queue.enqueue('q', 'a'));
      yield 5;
      left.unsubscribe();
      yield 100;
    });
  });

  it('what comes too late is given back', () => {
    marbles(function* ({ expectWire, flo, watch }) {
      const rig = flo({ client: { protocol, timeoutMs: 500 } });
      rig.enqueue('q', 'a');
      rig.server.faults.delayNextAnswers(1, 800, 'queue.dequeue');
      expectWire(rig.wire).toBe('C 19ms (oD) 496ms P 19ms p 299ms (dN) 16ms n 999ms X');
      const taken = watch(rig.client.queue.dequeue('q'));
      yield 700;
      expect(taken.error).toMatchObject({ code: 'FLO_TIMEOUT', retryable: true });
      expect(queueOf(rig)).toEqual({ ready: 0, leased: 1, dead: 0 });
      yield 500;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 0 });
    });
  });
});

describe('queue commands in v1-32', () => {
  it('leases run out unless they are renewed', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      watch(rig.client.queue.dequeue('q', 2, { visibilityTimeoutMs: 1_000 }));
      yield 900;
      watch(rig.client.queue.touch('q', [2n]));
      yield 300;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 1, dead: 0 });
      yield 1_000;
      expect(queueOf(rig)).toEqual({ ready: 2, leased: 0, dead: 0 });
    });
  });

  it('nack gives back, or to the dead letters, which can be listed', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo();
      rig.enqueue('q', 'a', 'b');
      watch(rig.client.queue.dequeue('q', 2));
      yield 50;
      watch(rig.client.queue.nack('q', [1n]));
      watch(rig.client.queue.nack('q', [2n], { toDlq: true }));
      yield 50;
      expect(queueOf(rig)).toEqual({ ready: 1, leased: 0, dead: 1 });
      const dead = watch(rig.client.queue.dlqList('q'));
      yield 50;
      expect(dead.values.map(({ messages }) => messages.map(({ payload }) => asText(payload)))).toEqual([['b']]);
    });
  });

  it('some servers only tell how many dead letters there are', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ bodies: 'server', semantics: 'server' });
      const dead = watch(rig.client.queue.dlqList('q', { limit: 5 }));
      yield 50;
      expect(dead.values).toEqual([{ messages: [], total: 0n }]);
    });
  });

  it('delay and dedup', () => {
    marbles(function* ({ flo, watch }) {
      const { client } = flo();
      const first = watch(client.queue.enqueue('q', 'a', { delayMs: 1_000, dedupKey: 'k' }));
      const second = watch(client.queue.enqueue('q', 'b', { dedupKey: 'k' }));
      const early = watch(client.queue.dequeue('q'));
      yield 1_100;
      const later = watch(client.queue.dequeue('q'));
      yield 50;
      expect([first.values, second.values]).toEqual([[1n], [1n]]);
      expect([early.values.flat().length, later.values.flat().length]).toEqual([0, 1]);
    });
  });

  it('what a server does not have', () => {
    marbles(function* ({ flo, watch }) {
      const rig = flo({ semantics: 'server' });
      const touched = watch(rig.client.queue.touch('q', [1n]));
      yield 50;
      expect(touched.error).toBeInstanceOf(InternalServerError);
      expect(touched.error).toMatchObject({ notImplemented: true, retryable: false });
    });
  });
});

describe('queue commands refuse before anything is sent', () => {
  const old = new FloClient('memory:9000').queue;
  const table = new FloClient('memory:9000', { protocol: 'v2-table' }).queue;

  it.each([
    ['touch', () => table.touch('q', [1n])],
    ['toDlq', () => table.nack('q', [1n], { toDlq: true })],
    ['visibilityTimeoutMs', () => table.dequeue('q', 1, { visibilityTimeoutMs: 1 })],
    ['delayMs', () => table.enqueue('q', 'x', { delayMs: 1 })],
    ['dedupKey', () => table.enqueue('q', 'x', { dedupKey: 'k' })],
  ])('%s in v2-table', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }));
  });

  it.each([
    ['both priorities', () => old.enqueue('q', 'x', { priority: 1, urgency: 1 }), 'priority'],
    ['an urgency above 255', () => old.enqueue('q', 'x', { urgency: 256 }), 'urgency'],
    ['a priority below 0', () => old.enqueue('q', 'x', { priority: -1 }), 'priority'],
    ['a count of 101', () => old.dequeue('q', 101), 'count'],
    ['a count of 0', () => old.dequeue('q', 0), 'count'],
    ['a wait above 300 s', () => old.dequeue('q', 1, { blockMs: 300_001 }), 'blockMs'],
    ['a lease of 0', () => old.dequeue('q', 1, { visibilityTimeoutMs: 0 }), 'visibilityTimeoutMs'],
    ['numbers that are no u64', () => old.ack('q', [-1n]), 'seqs'],
    ['a queue without a name', () => old.enqueue('', 'x'), 'queue'],
    ['a limit of 0', () => old.dlqList('q', { limit: 0 }), 'limit'],
    ['a payload without a codec', () => old.enqueue('q', {} as never), 'payload: must be a text or bytes; for other'],
    [
      'a codec that is none',
      () => old.enqueue('q', {}, { codec: json as never }),
      'codec: must be a codec such as json()',
    ],
    ['a value without JSON', () => old.enqueue('q', undefined, { codec: json() }), 'json'],
  ])('%s', (_, call, word) => {
    expect(call).toThrow(expect.objectContaining({ message: expect.stringContaining(word) }));
  });
});
