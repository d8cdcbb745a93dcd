import type { FloCodec } from '../../../src/codecs/flo/codec.js';
import { FloServer } from '../../../src/embedded/flo/flo-server.js';
import type { InMemoryFloServer } from '../../../src/embedded/flo/in-memory-flo-server.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { marbles, type Script } from '../../../src/testing.js';
import { bytes, Peer } from './peer.js';

const queue = bytes('jobs');

function scene(script: (server: InMemoryFloServer, peer: Peer, codec: FloCodec) => Script): void {
  marbles(function* () {
    const server = FloServer.inMemory();
    server.start().subscribe();
    const peer = new Peer(server.connector());
    yield 10;
    yield* script(server, peer, peer.codec);
  });
}

const ids = (peer: Peer): number[] => peer.news().map(({ id }) => id);

it('drops connections, now and as soon as they come', () => {
  scene(function* (server, peer, codec) {
    server.faults.dropConnections();
    yield 10;
    expect(peer.closed).toBe(true);
    server.faults.refuseNextConnections(1);
    const [first, second] = [new Peer(server.connector()), new Peer(server.connector())];
    yield 10;
    expect([first.closed, second.closed]).toEqual([true, false]);
    second.ask(codec.ping, undefined);
    yield 10;
    expect(second.statuses()).toEqual([0]);
  });
});

it('fails the next requests of an operation, which do nothing then', () => {
  scene(function* (server, peer, codec) {
    server.faults.failNext(1, { status: 12, text: 'no leader' }, 'queue.enqueue');
    server.faults.failNext(1, { status: 200 });
    peer.ask(codec.ping, undefined);
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 10;
    expect(peer.news().map(({ status, body }) => `${status} ${body.toString('latin1')}`)).toEqual([
      '200 ',
      '12 no leader',
      '0 \x01\0\0\0\0\0\0\0',
    ]);
    expect(server.queue('jobs').ready).toBe(1);
  });
});

it('knows no touch if it is told so, until that is taken back', () => {
  scene(function* (server, peer, codec) {
    server.faults.notImplement('queue.touch');
    for (const each of [1, 2]) peer.ask(codec.queue.touch, { queue, seqs: [BigInt(each)] });
    yield 10;
    expect(peer.statuses()).toEqual([9, 9]);
    server.faults.clear();
    peer.ask(codec.queue.touch, { queue, seqs: [1n] });
    yield 10;
    expect(peer.statuses()).toEqual([0]);
  });
});

it('takes a request for unreadable', () => {
  scene(function* (server, peer, codec) {
    server.faults.rejectNext(1, 'ping');
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(peer.news()).toMatchObject([{ id: 0, status: 3 }]);
    expect(peer.closed).toBe(true);
  });
});

it('answers late, and others overtake; a connection that ends takes its late answers along', () => {
  scene(function* (server, peer, codec) {
    server.faults.delayNextAnswers(1, 100, 'queue.enqueue');
    server.faults.delayNextAnswers(1, 100, 'queue.ack');
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(ids(peer)).toEqual([2]);
    expect(server.queue('jobs').ready).toBe(1);
    yield 100;
    expect(ids(peer)).toEqual([1]);
    peer.ask(codec.queue.ack, { queue, seqs: [1n] });
    yield 10;
    peer.close();
    yield 200;
    expect(server.counters.connections.open).toBe(0);
  });
});

it('swallows an answer', () => {
  scene(function* (server, peer, codec) {
    server.faults.swallowNextAnswers(1);
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(ids(peer)).toEqual([2]);
    expect(server.queue('jobs').ready).toBe(1);
  });
});

it('makes a checksum wrong', () => {
  scene(function* (server, peer, codec) {
    server.faults.corruptNextAnswers(1, 'ping');
    const intact = codec.isIntact.bind(codec);
    const verdicts: boolean[] = [];
    jest.spyOn(peer.codec, 'isIntact').mockImplementation((...frame) => {
      verdicts.push(intact(...frame));
      return true;
    });
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(verdicts).toEqual([false, true]);
    jest.restoreAllMocks();
  });
});

it('drops a connection before or after an answer; what was asked is done', () => {
  scene(function* (server, peer, codec) {
    server.faults.dropBeforeNextAnswers(1, 'queue.enqueue');
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 10;
    expect([peer.closed, peer.news()]).toEqual([true, []]);
    server.faults.dropAfterNextAnswers(1, 'queue.enqueue');
    const next = new Peer(server.connector());
    next.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 10;
    expect([next.closed, next.statuses()]).toEqual([true, [0]]);
    expect(server.queue('jobs').ready).toBe(2);
  });
});

it('turns the order of answers around', () => {
  scene(function* (server, peer, codec) {
    server.faults.reverseNextAnswers(3);
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(peer.news()).toEqual([]);
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 10;
    expect(ids(peer)).toEqual([3, 2, 1, 4]);
    server.faults.reverseNextAnswers(5);
    peer.ask(codec.ping, undefined);
    yield 10;
    server.faults.clear();
    yield 10;
    expect(ids(peer)).toEqual([5]);
  });
});

it('lets polls come back empty too early', () => {
  scene(function* (server, peer, codec) {
    server.faults.emptyNextPolls(1, 'queue.dequeue');
    peer.ask(codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
    peer.ask(codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
    yield 10;
    expect(ids(peer)).toEqual([1]);
    expect(server.counters.waiting).toBe(1);
  });
});

it.each<[string, (server: InMemoryFloServer) => void]>([
  ['count', ({ faults }) => faults.rejectNext(0)],
  ['status', ({ faults }) => faults.failNext(1, { status: 0 })],
  ['delayMs', ({ faults }) => faults.delayNextAnswers(1, -1)],
])('refuses a bad %s', (option, ask) => {
  expect(() => ask(FloServer.inMemory())).toThrow(InvalidOptionError);
  expect(() => ask(FloServer.inMemory())).toThrow(new RegExp(`^${option}: `));
});
