import { ackFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import {
  commitOffsetRequest,
  createTopicRequest,
  deleteTopicRequest,
  fetchRequest,
  listTopicsRequest,
  subscribeRequest,
} from '../../src/codecs/lance/requests.js';
import { fetchResponse, subscribeAckResponse } from '../../src/codecs/lance/replies.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { clock } from '../../src/foundation/clock.js';
import { marbles, until } from '../../src/testing.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

it('starts and stops synchronously', () => {
  const server = LanceServer.inMemory();
  const events: unknown[] = [];
  server.start().subscribe({ next: (value) => events.push(value), complete: () => events.push('started') });
  expect(server.listening).toBe(true);
  server.stop().subscribe({ next: (value) => events.push(value), complete: () => events.push('stopped') });
  expect(events).toEqual([server, 'started', undefined, 'stopped']);
  expect(server.listening).toBe(false);
});

it('lives in virtual time only: ten years of it take no real time', () => {
  const before = performance.now();
  marbles(function* ({ lance }) {
    const { server, connector } = lance({ latencyMs: 40, ackDelayMs: 5 });
    server.createTopic('events');
    const wire = new Wire(connector());
    yield* until(() => wire.opened);
    expect(clock.now()).toBe(80);
    for (let year = 0; year < 10; year++) {
      wire.send(ingestFrame({ topicId: 1, batchIdLow: year, timestampMs: 0, recordCount: 1 }, Buffer.from('.')));
      for (let day = 0; day < 365; day++) yield 24 * 3_600_000;
    }
    expect(wire.takeAll()).toEqual(Array.from({ length: 10 }, (_, year) => hex(ackFrame(year))));
    const sentAt = clock.now();
    wire.send(fetchRequest(1, 0, 100));
    yield* until(() => wire.waiting > 0);
    expect(clock.now() - sentAt).toBe(80);
    expect(wire.takeAll()).toEqual([hex(fetchResponse(10, Buffer.from('..........')))]);
  });
  expect(performance.now() - before).toBeLessThan(1000);
});

it('keeps topics over stop and start; connections are dropped, new ones refused meanwhile', () => {
  marbles(function* ({ lance }) {
    const { server, connector, stop, start } = lance({ latencyMs: 0 });
    server.append('events', Buffer.from('kept'));
    const [first, second] = [new Wire(connector()), new Wire(connector())];
    yield* until(() => first.opened && second.opened);
    stop();
    const refused = new Wire(connector());
    yield* until(() => first.closed && second.closed && refused.closed);
    expect(refused.opened).toBe(false);
    start();
    const again = new Wire(connector());
    again.send(fetchRequest(1, 0, 100), keepaliveFrame());
    yield* until(() => again.waiting > 44);
    expect(again.takeAll()).toEqual([hex(fetchResponse(4, Buffer.from('kept'))), hex(keepaliveFrame())]);
    expect(server.counters.connections).toEqual({ open: 1, total: 3 });
  });
});

it('gives the id of a deleted newest topic out again after a restart, and not before', () => {
  marbles(function* ({ lance }) {
    const { server, connector, stop } = lance({ latencyMs: 0 });
    for (const name of ['one', 'two', 'three']) server.createTopic(name);
    const wire = new Wire(connector());
    wire.send(deleteTopicRequest(3));
    yield 10;
    wire.send(createTopicRequest('four'), deleteTopicRequest(4));
    yield 10;
    expect(server.topics.map(({ id, name }) => `${id} ${name}`)).toEqual(['1 one', '2 two']);
    stop();
    expect(server.createTopic('five').id).toBe(3);
  });
});

it('counts ids from 1 again once its list was asked for while it had no topics; what was committed there stays', () => {
  marbles(function* ({ lance }) {
    const { server, connector } = lance({ latencyMs: 0 });
    const wire = new Wire(connector());
    wire.send(createTopicRequest('one'), commitOffsetRequest(1, 7n, 5n), deleteTopicRequest(1));
    yield 10;
    expect(server.createTopic('two').id).toBe(2);
    wire.send(listTopicsRequest(), deleteTopicRequest(2), listTopicsRequest(), createTopicRequest('three'));
    wire.send(subscribeRequest(1, 0n, 0, 7n));
    yield 10;
    expect(server.topics.map(({ id, name }) => `${id} ${name}`)).toEqual(['1 three']);
    expect(wire.takeAll().at(-1)).toBe(hex(subscribeAckResponse({ consumerId: 7n, startOffset: 5n })));
  });
});

it('a clock that stands before 1970 makes topics at 0, as the wire has no earlier time', () => {
  const date = jest.spyOn(clock, 'date').mockReturnValue(-5_000);
  try {
    marbles(function* ({ lance, watch }) {
      const { client } = lance();
      const made = watch(client.createTopic('one'));
      yield 100;
      expect(made.error).toBeUndefined();
      expect(made.values).toEqual([{ id: 1, name: 'one', createdAt: 0n, topicEpoch: 1n }]);
    });
  } finally {
    date.mockRestore();
  }
});
