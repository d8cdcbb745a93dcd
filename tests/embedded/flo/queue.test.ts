import type { FloProtocol } from '../../../src/codecs/flo/codec.js';
import type { QueueMessage } from '../../../src/codecs/flo/operations.js';
import type { InMemoryFloOptions, InMemoryFloServer } from '../../../src/embedded/flo/in-memory-flo-server.js';
import { marbles, type Script } from '../../../src/testing.js';
import { bytes, payloads, Peer } from './peer.js';

const queue = bytes('jobs');

type Scene = (peer: Peer, server: InMemoryFloServer) => Script;

function scene(protocol: FloProtocol, script: Scene, options: InMemoryFloOptions = {}): void {
  marbles(function* ({ flo }) {
    const { server, connector } = flo({ latencyMs: 0, ...options });
    yield* script(new Peer(connector(), protocol), server);
  });
}

describe.each<FloProtocol>(['v1-32', 'v2-table'])('queues in %s', (protocol) => {
  it('hands out what was enqueued, in order, and counts sequence numbers from 1', () => {
    scene(protocol, function* (peer, server) {
      for (const each of ['a', 'b', 'c']) peer.ask(peer.codec.queue.enqueue, { queue, payload: bytes(each) });
      peer.ask(peer.codec.queue.dequeue, { queue, count: 2 });
      peer.ask(peer.codec.queue.dequeue, { queue, count: 2 });
      peer.ask(peer.codec.queue.dequeue, { queue, count: 2 });
      yield 10;
      const heard = peer.news();
      expect(heard.slice(0, 3).map(({ value }) => value)).toEqual([{ seq: 1n }, { seq: 2n }, { seq: 3n }]);
      expect(heard.slice(3).map(payloads)).toEqual([['a', 'b'], ['c'], []]);
      expect(server.queue('jobs')).toEqual({ ready: 0, delayed: 0, leased: 3, dead: 0 });
    });
  });

  it('hands out lower priority numbers first', () => {
    scene(protocol, function* (peer) {
      for (const priority of [5, 0, 255, 5]) {
        peer.ask(peer.codec.queue.enqueue, { queue, payload: bytes(`${priority}`), priority });
      }
      peer.ask(peer.codec.queue.dequeue, { queue, count: 10 });
      yield 10;
      expect(payloads(peer.news()[4]!)).toEqual(['0', '5', '5', '255']);
    });
  });

  it('removes what is acknowledged, and takes acks of what it does not know', () => {
    scene(protocol, function* (peer, server) {
      server.enqueue('jobs', bytes('a'));
      server.enqueue('jobs', bytes('b'));
      peer.ask(peer.codec.queue.dequeue, { queue, count: 2 });
      peer.ask(peer.codec.queue.ack, { queue, seqs: [1n, 99n] });
      peer.ask(peer.codec.queue.ack, { queue, seqs: [1n] });
      peer.ask(peer.codec.queue.ack, { queue: bytes('unheard of'), seqs: [1n] });
      yield 10;
      expect(peer.statuses()).toEqual([0, 0, 0, 0]);
      expect(server.queue('jobs')).toEqual({ ready: 0, delayed: 0, leased: 1, dead: 0 });
      expect(server.counters.queues.acked).toBe(1);
    });
  });

  it('gives again what is given back, and up what comes back for the fifth time', () => {
    scene(protocol, function* (peer, server) {
      server.enqueue('jobs', bytes('poison'));
      for (let attempt = 1; attempt <= 5; attempt++) {
        expect(server.queue('jobs')).toEqual({ ready: 1, delayed: 0, leased: 0, dead: 0 });
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
        peer.ask(peer.codec.queue.nack, { queue, seqs: [1n] });
        yield 10;
      }
      expect(server.queue('jobs')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 1 });
      expect(server.deadLetters('jobs')).toMatchObject([{ seq: 1n, deliveryCount: 5 }]);
      peer.news();
      peer.ask(peer.codec.queue.dlqList, { queue });
      yield 10;
      const [answer] = peer.news().map(({ value }) => value as { messages: readonly QueueMessage[] });
      const messages = answer?.messages ?? [];
      expect(messages.map(({ seq, payload }) => [seq, Buffer.from(payload).toString()])).toEqual([[1n, 'poison']]);
    });
  });

  it('takes back what was leased and not settled in time', () => {
    scene(
      protocol,
      function* (peer, server) {
        server.enqueue('jobs', bytes('a'));
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
        yield 90;
        expect(server.queue('jobs').leased).toBe(1);
        yield 20;
        expect(server.queue('jobs')).toEqual({ ready: 1, delayed: 0, leased: 0, dead: 0 });
        peer.ask(peer.codec.queue.ack, { queue, seqs: [1n] });
        yield 10;
        // Too late: it may have been given to somebody else by now.
        expect(server.queue('jobs').ready).toBe(1);
      },
      { visibilityTimeoutMs: 100 },
    );
  });

  it('lets a poll wait for a message, one for each, first come, first served', () => {
    scene(protocol, function* (peer, server) {
      const other = new Peer(server.connector(), protocol);
      peer.ask(peer.codec.queue.dequeue, { queue, count: 10, blockMs: 1000 });
      yield 10;
      other.ask(other.codec.queue.dequeue, { queue, count: 10, blockMs: 50 });
      other.ask(other.codec.queue.dequeue, { queue, count: 10, blockMs: 1000 });
      yield 100;
      expect(other.news().map(({ id, value }) => [id, value])).toEqual([[1, []]]);
      for (const each of ['a', 'b', 'c']) server.enqueue('jobs', bytes(each));
      yield 10;
      expect([...peer.news(), ...other.news()].map(payloads)).toEqual([['a'], ['b']]);
      expect(server.queue('jobs')).toEqual({ ready: 1, delayed: 0, leased: 2, dead: 0 });
    });
  });

  it('wakes a poll with what comes back: a lease that ends, a nack', () => {
    scene(
      protocol,
      function* (peer, server) {
        server.enqueue('jobs', bytes('a'));
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
        yield 99;
        expect(peer.news()).toHaveLength(1);
        yield 10;
        expect(payloads(peer.news()[0]!)).toEqual(['a']);
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
        peer.ask(peer.codec.queue.nack, { queue, seqs: [1n] });
        yield 10;
        expect(peer.news().map(({ id }) => id)).toEqual([3, 4]);
      },
      { visibilityTimeoutMs: 100 },
    );
  });

  it('answers others while a poll waits', () => {
    scene(protocol, function* (peer) {
      peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
      peer.ask(peer.codec.ping, undefined);
      yield 10;
      expect(peer.news().map(({ id }) => id)).toEqual([2]);
    });
  });

  it('refuses waits that are too long and lists that are', () => {
    scene(protocol, function* (peer) {
      const { dequeue, ack } = peer.codec.queue;
      // 300 001 ms.
      peer.send(peer.bent(dequeue, { queue, count: 1, blockMs: 300_000 }, 'e1930400'));
      const acks = Buffer.from(peer.frame(ack, { queue, seqs: [1n] }).slice(peer.codec.headerBytes));
      // No sequence number at all.
      const at = acks.indexOf('jobs') + 4;
      const none = Buffer.concat([acks.subarray(0, at), Buffer.from('04000000000000000000', 'hex')]);
      peer.send(peer.codec.requestFrame({ low: 51, high: 0 }, ack.opcode, none));
      yield 10;
      expect(peer.statuses()).toEqual([3, 3]);
    });
  });
});

describe('queues as documented, where the wire can say it', () => {
  it('leases for as long as is asked, and anew when touched', () => {
    scene('v1-32', function* (peer, server) {
      server.enqueue('jobs', bytes('a'));
      server.enqueue('jobs', bytes('b'));
      peer.ask(peer.codec.queue.dequeue, { queue, count: 2, visibilityTimeoutMs: 500 });
      yield 400;
      peer.ask(peer.codec.queue.touch, { queue, seqs: [2n, 77n] });
      yield 200;
      expect(peer.statuses()).toEqual([0, 0]);
      expect(server.queue('jobs')).toEqual({ ready: 1, delayed: 0, leased: 1, dead: 0 });
      yield 300;
      expect(server.queue('jobs').ready).toBe(2);
    });
  });

  it('keeps a message back for its delay, then wakes who waits', () => {
    scene('v1-32', function* (peer, server) {
      peer.ask(peer.codec.queue.enqueue, { queue, payload: bytes('later'), delayMs: 200 });
      peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
      yield 199;
      expect(peer.news()).toHaveLength(1);
      expect(server.queue('jobs').delayed).toBe(1);
      yield 10;
      expect(peer.news().map(payloads)).toEqual([['later']]);
    });
  });

  it('enqueues once what has the same dedup key, for a while after it is gone too', () => {
    scene(
      'v1-32',
      function* (peer, server) {
        const same = { queue, payload: bytes('a'), dedupKey: 'order-1' };
        peer.ask(peer.codec.queue.enqueue, same);
        peer.ask(peer.codec.queue.enqueue, same);
        peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
        peer.ask(peer.codec.queue.ack, { queue, seqs: [1n] });
        peer.ask(peer.codec.queue.enqueue, same);
        yield 10;
        expect(peer.news().map(({ value }) => value)).toMatchObject([{ seq: 1n }, { seq: 1n }, {}, {}, { seq: 1n }]);
        expect(server.counters.queues).toMatchObject({ enqueued: 1, deduplicated: 2 });
        yield 1000;
        peer.ask(peer.codec.queue.enqueue, same);
        yield 10;
        expect(peer.news()).toMatchObject([{ value: { seq: 2n } }]);
      },
      { dedupWindowMs: 1000 },
    );
  });

  it('sends to the dead letters at once what is nacked so', () => {
    scene('v1-32', function* (peer, server) {
      server.enqueue('jobs', bytes('a'));
      peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
      peer.ask(peer.codec.queue.nack, { queue, seqs: [1n], toDlq: true });
      yield 10;
      expect(server.queue('jobs')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 1 });
    });
  });

  it('keeps as many dead letters as it is told, and lists as many as it is asked', () => {
    scene(
      'v1-32',
      function* (peer, server) {
        for (const each of ['a', 'b', 'c', 'd', 'e']) server.enqueue('jobs', bytes(each));
        peer.ask(peer.codec.queue.dequeue, { queue, count: 5 });
        peer.ask(peer.codec.queue.nack, { queue, seqs: [1n, 2n, 3n, 4n, 5n], toDlq: true });
        peer.ask(peer.codec.queue.dlqList, { queue, limit: 2 });
        peer.send(peer.bent(peer.codec.queue.dlqList, { queue, limit: 1 }, '00000000'));
        yield 10;
        const lists = peer
          .news()
          .slice(2)
          .map(({ value }) => (value as { messages: QueueMessage[] }).messages);
        expect(lists.map((list) => list.map(({ seq }) => seq))).toEqual([
          [3n, 4n],
          [3n, 4n, 5n],
        ]);
      },
      { dlqCapacity: 3 },
    );
  });
});

describe("queues as genuine servers carry them out: semantics 'server'", () => {
  const options = { semantics: 'server', bodies: 'server' } as const;

  it('is done with a message once it is handed out', () => {
    scene(
      'v1-32',
      function* (peer, server) {
        peer.ask(peer.codec.queue.enqueue, { queue, payload: bytes('a'), delayMs: 5000, dedupKey: 'k' });
        peer.ask(peer.codec.queue.enqueue, { queue, payload: bytes('b'), dedupKey: 'k' });
        peer.ask(peer.codec.queue.dequeue, { queue, count: 5, visibilityTimeoutMs: 10 });
        peer.ask(peer.codec.queue.nack, { queue, seqs: [1n, 2n] });
        peer.ask(peer.codec.queue.ack, { queue, seqs: [1n, 2n] });
        yield 1000;
        expect(peer.news().map(({ status, value }) => [status, value])).toMatchObject([
          [0, { seq: 1n }],
          [0, { seq: 2n }],
          [0, [{ seq: 1n, deliveryCount: 1, priority: 0, enqueuedAtMs: 0 }, { seq: 2n }]],
          [0, undefined],
          [0, undefined],
        ]);
        expect(server.queue('jobs')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 });
      },
      options,
    );
  });

  it('knows no touch, and of dead letters only how many there are', () => {
    scene(
      'v1-32',
      function* (peer) {
        peer.ask(peer.codec.queue.touch, { queue, seqs: [1n] });
        peer.ask(peer.codec.queue.dlqList, { queue, limit: 10 });
        yield 10;
        const [touch, list] = peer.news();
        expect([touch?.status, touch?.body.toString()]).toEqual([9, 'not implemented']);
        expect(list?.body.toString('hex')).toBe('000000000000000000000000');
      },
      options,
    );
  });
});
