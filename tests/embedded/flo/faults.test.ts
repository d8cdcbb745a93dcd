import type { FloCodec } from '../../../src/codecs/flo/codec.js';
import { FloServer } from '../../../src/embedded/flo/flo-server.js';
import type { InMemoryFloServer } from '../../../src/embedded/flo/in-memory-flo-server.js';
import { InvalidOptionError } from '../../../src/foundation/errors.js';
import { marbles, until, type FloRig, type MarbleKit, type Script } from '../../../src/testing.js';
import { bytes, Peer } from './peer.js';

const queue = bytes('jobs');

type Scene = (rig: FloRig, peer: Peer, codec: FloCodec, expectWire: MarbleKit['expectWire']) => Script;

/** A peer is connected, at 20 ms, to a server 10 ms away. */
function scene(script: Scene): void {
  marbles(function* ({ flo, expectWire }) {
    const rig = flo();
    const peer = new Peer(rig.connector());
    yield* until(() => peer.opened);
    yield* script(rig, peer, peer.codec, expectWire);
  });
}

const ids = (peer: Peer): number[] => peer.news().map(({ id }) => id);

it('drops connections, now and as soon as they come', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms o 9ms x 19ms (CC) 16ms (xo)------P 19ms p');
    server.faults.dropConnections();
    yield 30;
    expect(peer.closed).toBe(true);
    server.faults.refuseNextConnections(1);
    const [first, second] = [new Peer(rig.connector()), new Peer(rig.connector())];
    yield 30;
    expect([first.closed, second.closed]).toEqual([true, false]);
    second.ask(codec.ping, undefined);
    yield 30;
    expect(second.statuses()).toEqual([0]);
  });
});

it('fails the next requests of an operation, which do nothing then', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oPEE) 14ms (ffe)');
    server.faults.failNext(1, { status: 12, text: 'no leader' }, 'queue.enqueue');
    server.faults.failNext(1, { status: 200 });
    peer.ask(codec.ping, undefined);
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 30;
    expect(peer.news().map(({ status, body }) => `${status} ${body.toString('latin1')}`)).toEqual([
      '200 ',
      '12 no leader',
      '0 \x01\0\0\0\0\0\0\0',
    ]);
    expect(server.queue('jobs').ready).toBe(1);
  });
});

it('knows no touch if it is told so, until that is taken back', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oTT) 15ms (ff)------T 19ms t');
    server.faults.notImplement('queue.touch');
    for (const each of [1, 2]) peer.ask(codec.queue.touch, { queue, seqs: [BigInt(each)] });
    yield 30;
    expect(peer.statuses()).toEqual([9, 9]);
    server.faults.clear();
    peer.ask(codec.queue.touch, { queue, seqs: [1n] });
    yield 30;
    expect(peer.statuses()).toEqual([0]);
  });
});

it('takes a request for unreadable', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oP) 16ms (fx)');
    server.faults.rejectNext(1, 'ping');
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(peer.news()).toMatchObject([{ id: 0, status: 3 }]);
    expect(peer.closed).toBe(true);
  });
});

it('answers late, and others overtake; a connection that ends takes its late answers along', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oEP) 15ms p 99ms e 9ms A 29ms X');
    server.faults.delayNextAnswers(1, 100, 'queue.enqueue');
    server.faults.delayNextAnswers(1, 100, 'queue.ack');
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(ids(peer)).toEqual([2]);
    expect(server.queue('jobs').ready).toBe(1);
    yield 100;
    expect(ids(peer)).toEqual([1]);
    peer.ask(codec.queue.ack, { queue, seqs: [1n] });
    yield 30;
    peer.close();
    yield 200;
    expect(server.counters.connections.open).toBe(0);
  });
});

it('swallows an answer', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oEP) 15ms p');
    server.faults.swallowNextAnswers(1);
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(ids(peer)).toEqual([2]);
    expect(server.queue('jobs').ready).toBe(1);
  });
});

it('makes a checksum wrong', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oPP) 15ms (?p)');
    server.faults.corruptNextAnswers(1, 'ping');
    const intact = codec.isIntact.bind(codec);
    const verdicts: boolean[] = [];
    jest.spyOn(peer.codec, 'isIntact').mockImplementation((...frame) => {
      verdicts.push(intact(...frame));
      return true;
    });
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(verdicts).toEqual([false, true]);
    jest.restoreAllMocks();
  });
});

it('drops a connection before or after an answer; what was asked is done', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oE) 16ms x 9ms (CE) 16ms (oex)');
    server.faults.dropBeforeNextAnswers(1, 'queue.enqueue');
    peer.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 30;
    expect([peer.closed, peer.news()]).toEqual([true, []]);
    server.faults.dropAfterNextAnswers(1, 'queue.enqueue');
    const next = new Peer(rig.connector());
    next.ask(codec.queue.enqueue, { queue, payload: queue });
    yield 30;
    expect([next.closed, next.statuses()]).toEqual([true, [0]]);
    expect(server.queue('jobs').ready).toBe(2);
  });
});

it('turns the order of answers around', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    const pong = (id: number) => ({ name: 'Pong', id });
    expectWire(rig.wire).toBe('C 19ms (oPP) 25ms (PP) 16ms (cbad)----P 39ms e', {
      ...{ a: pong(1), b: pong(2), c: pong(3), d: pong(4), e: pong(5) },
    });
    server.faults.reverseNextAnswers(3);
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(peer.news()).toEqual([]);
    peer.ask(codec.ping, undefined);
    peer.ask(codec.ping, undefined);
    yield 30;
    expect(ids(peer)).toEqual([3, 2, 1, 4]);
    server.faults.reverseNextAnswers(5);
    peer.ask(codec.ping, undefined);
    yield 30;
    server.faults.clear();
    yield 30;
    expect(ids(peer)).toEqual([5]);
  });
});

it('lets polls come back empty too early', () => {
  scene(function* (rig, peer, codec, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oDD) 15ms z 999ms z');
    server.faults.emptyNextPolls(1, 'queue.dequeue');
    peer.ask(codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
    peer.ask(codec.queue.dequeue, { queue, count: 1, blockMs: 1000 });
    yield 30;
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
