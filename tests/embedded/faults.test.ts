import { Command } from '../../src/codecs/lance/commands.js';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { ackFrame, backpressureFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { createTopicRequest, fetchRequest, listTopicsRequest } from '../../src/codecs/lance/requests.js';
import { catchingUpResponse, errorResponse, fetchResponse, textResponse } from '../../src/codecs/lance/replies.js';
import type { InMemoryLanceServer } from '../../src/embedded/lance/in-memory-lance-server.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { marbles, until, type LanceRig, type MarbleKit, type Script } from '../../src/testing.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const KEEPALIVE = hex(keepaliveFrame());
const DATA = Buffer.from('0123456789');

function ingest(id: number): Uint8Array {
  return ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 0, recordCount: 1 }, Buffer.from(`<${id}>`));
}

/** Topic `events` (id 1) holds ten digits; the connection is open, at 20 ms, to a server 10 ms away. */
function withServer(script: (rig: LanceRig, wire: Wire, expectWire: MarbleKit['expectWire']) => Script): void {
  marbles(function* ({ lance, expectWire }) {
    const rig = lance();
    rig.server.append('events', DATA);
    const wire = new Wire(rig.connector());
    yield* until(() => wire.opened);
    yield* script(rig, wire, expectWire);
  });
}

function* hears(wire: Wire, ...say: Uint8Array[]): Generator<number, string[]> {
  wire.send(...say);
  yield 50;
  return wire.takeAll();
}

const stored = (server: InMemoryLanceServer): string =>
  Buffer.from(server.read('events')).toString().slice(DATA.length);

it('drops connections', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms o 9ms (xCK) 15ms (ok)');
    server.faults.dropConnections();
    yield* until(() => wire.closed);
    const again = new Wire(rig.connector());
    expect(yield* hears(again, keepaliveFrame())).toEqual([KEEPALIVE]);
  });
});

it('refuses the next connections', () => {
  withServer(function* (rig, _, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oCCK) 14ms (xok)');
    server.faults.refuseNextConnections(1);
    const [refused, taken] = [new Wire(rig.connector()), new Wire(rig.connector())];
    expect(yield* hears(taken, keepaliveFrame())).toEqual([KEEPALIVE]);
    expect([refused.closed, taken.closed]).toEqual([true, false]);
    expect(server.counters.connections).toEqual({ open: 2, total: 3 });
  });
});

it('fails the next ingests, and stores nothing of them', () => {
  withServer(function* ({ server }, wire) {
    server.faults.failNextIngests(2, 'Disk on fire');
    const error = hex(errorResponse('Disk on fire'));
    expect(yield* hears(wire, ingest(1), ingest(2), ingest(3))).toEqual([error, error, hex(ackFrame(3))]);
    expect(stored(server)).toBe('<3>');
  });
});

it('fails the next commands, or only those of a kind', () => {
  withServer(function* ({ server }, wire) {
    server.faults.failNextCommands(1, 'NOT_LEADER: leader unknown', Command.Fetch);
    server.faults.failNextCommands(1, 'first');
    expect(yield* hears(wire, createTopicRequest('other'), fetchRequest(1, 0, 100), fetchRequest(1, 0, 100))).toEqual([
      hex(errorResponse('first')),
      hex(errorResponse('NOT_LEADER: leader unknown')),
      hex(fetchResponse(10, DATA)),
    ]);
    expect(server.topic('other')).toBeUndefined();
  });
});

it('drops before the ack: stored, and the client cannot know', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oI) 17ms x 28ms (CI) 16ms oa');
    server.faults.dropBeforeNextAcks();
    expect(yield* hears(wire, ingest(1))).toEqual([]);
    expect([wire.closed, stored(server)]).toEqual([true, '<1>']);
    const again = new Wire(rig.connector());
    expect(yield* hears(again, ingest(2))).toEqual([hex(ackFrame(2))]);
  });
});

it('drops after the ack', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oII) 16ms (aax)');
    server.faults.dropAfterNextAcks();
    expect(yield* hears(wire, ingest(1), ingest(2))).toEqual([hex(ackFrame(1)), hex(ackFrame(2))]);
    expect(wire.closed).toBe(true);
  });
});

it('swallows acks', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oIII) 15ms a');
    server.faults.swallowNextAcks(2);
    expect(yield* hears(wire, ingest(1), ingest(2), ingest(3))).toEqual([hex(ackFrame(3))]);
    expect(stored(server)).toBe('<1><2><3>');
  });
});

it('swallows replies', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oNK) 15ms k');
    server.faults.swallowNextReplies(1);
    expect(yield* hears(wire, createTopicRequest('other'), keepaliveFrame())).toEqual([KEEPALIVE]);
    expect(server.topic('other')).toBeDefined();
  });
});

it('delays replies, and everything behind them', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms (oFK) 3015ms (fk)');
    server.faults.delayNextReplies(1, 3000);
    wire.send(fetchRequest(1, 0, 100), keepaliveFrame());
    yield 3050;
    expect(wire.takeAll()).toEqual([hex(fetchResponse(10, DATA)), KEEPALIVE]);
  });
});

it('corrupts replies', () => {
  withServer(function* ({ server }, wire) {
    server.faults.corruptNextReplies(1);
    const good = Buffer.from(fetchResponse(10, DATA));
    const [first, second] = yield* hears(wire, fetchRequest(1, 0, 100), fetchRequest(1, 0, 100));
    const bad = Buffer.from(first ?? '', 'hex');
    expect(bad.length).toBe(good.length);
    expect(bad.readUInt32LE(36)).not.toBe(good.readUInt32LE(36));
    expect(second).toBe(good.toString('hex'));
  });
});

it('claims to be catching up', () => {
  withServer(function* ({ server }, wire) {
    server.faults.catchUpOnNextFetches(1);
    server.faults.catchUpOnNextFetches(1, 4);
    expect(yield* hears(wire, fetchRequest(1, 0, 9), fetchRequest(1, 0, 9), fetchRequest(1, 0, 10))).toEqual([
      hex(catchingUpResponse(10)),
      hex(catchingUpResponse(4)),
      hex(fetchResponse(10, DATA)),
    ]);
  });
});

it('sends Backpressure out of the blue', () => {
  withServer(function* (rig, wire, expectWire) {
    const { server } = rig;
    expectWire(rig.wire).toBe('C 19ms o 9ms b');
    server.faults.sendBackpressure();
    yield 10;
    expect(wire.takeAll()).toEqual([hex(backpressureFrame())]);
  });
});

it('trims the head of a topic: offsets shift', () => {
  withServer(function* ({ server }, wire) {
    server.faults.trimTopic('events', 4);
    expect(yield* hears(wire, fetchRequest(1, 0, 2), fetchRequest(1, 7, 2))).toEqual([
      hex(fetchResponse(2, Buffer.from('45'))),
      hex(catchingUpResponse(6)),
    ]);
  });
});

it('truncates a topic', () => {
  withServer(function* ({ server }, wire) {
    server.faults.truncateTopic('events', 3);
    expect(yield* hears(wire, fetchRequest(1, 0, 100), fetchRequest(1, 10, 1))).toEqual([
      hex(fetchResponse(3, Buffer.from('012'))),
      hex(catchingUpResponse(3)),
    ]);
  });
});

it('misses a quorum: everything is stored, one error answers all of the round (trap T 48)', () => {
  withServer(function* ({ server }, wire) {
    server.faults.missNextQuorums();
    const error = errorResponse('FORWARD_FAILED: Quorum not reached - required 2 ACKs, got 1');
    expect(yield* hears(wire, ingest(1), ingest(2), ingest(3))).toEqual([hex(error)]);
    expect(stored(server)).toBe('<1><2><3>');
    expect(server.counters).toMatchObject({ acks: 0, errors: 1 });
    expect(yield* hears(wire, ingest(4))).toEqual([hex(ackFrame(4))]);
  });
});

it('delays acks, and what stands behind them', () => {
  withServer(function* (rig, wire, expectWire) {
    expectWire(rig.wire).toBe('C 19ms (oI)-K 45ms (ak)');
    rig.server.faults.delayNextAcks(1, 30);
    wire.send(ingest(1));
    yield 5;
    wire.send(keepaliveFrame());
    yield 20;
    expect([stored(rig.server), wire.takeAll()]).toEqual(['', []]);
    yield 40;
    expect([stored(rig.server), wire.takeAll()]).toEqual(['<1>', [hex(ackFrame(1)), KEEPALIVE]]);
  });
});

it('forgives', () => {
  withServer(function* ({ server, connector }, wire) {
    const { faults } = server;
    faults.failNextIngests(1, 'x');
    faults.failNextCommands(1, 'x');
    faults.dropBeforeNextAcks();
    faults.dropAfterNextAcks();
    faults.swallowNextAcks(1);
    faults.missNextQuorums();
    faults.delayNextAcks(1, 1000);
    faults.swallowNextReplies(1);
    faults.delayNextReplies(1, 1000);
    faults.corruptNextReplies(1);
    faults.catchUpOnNextFetches(1);
    faults.refuseNextConnections(1);
    faults.clear();
    const list = '{"topics":[{"id":1,"name":"events","created_at":0,"topic_epoch":1}]}';
    expect(yield* hears(wire, listTopicsRequest(), fetchRequest(1, 0, 100), ingest(1))).toEqual([
      hex(textResponse(Command.TopicResponse, list)),
      hex(fetchResponse(10, DATA)),
      hex(ackFrame(1)),
    ]);
    const other = new Wire(connector());
    expect(yield* hears(other, keepaliveFrame())).toEqual([KEEPALIVE]);
  });
});

it('refuses nonsense', () => {
  const { faults } = LanceServer.inMemory();
  expect(() => faults.failNextIngests(0, 'x')).toThrow(InvalidOptionError);
  expect(() => faults.delayNextReplies(1, -1)).toThrow(InvalidOptionError);
  expect(() => faults.delayNextAcks(1, -1)).toThrow(InvalidOptionError);
  expect(() => faults.missNextQuorums(0)).toThrow(InvalidOptionError);
  expect(() => faults.trimTopic('nowhere', 1)).toThrow(TopicNotFoundError);
});
