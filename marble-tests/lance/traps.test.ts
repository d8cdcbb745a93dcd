import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { InvalidFrameError } from '../../src/codecs/lance/errors.js';
import { decodeHeader } from '../../src/codecs/lance/header.js';
import { fetchResponse } from '../../src/codecs/lance/replies.js';
import { decodeRecords } from '../../src/codecs/lance/tlv.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { parseAddress } from '../../src/observables/lance/connection/address.js';
import { marbles, until } from '../../src/testing.js';
import { Bully } from '../../tests/lance/hostile/bully.js';
import { VICTIMS } from '../../tests/lance/hostile/victims.js';
import { MemoryListener } from '../../src/transports/memory.js';
import { consumerOf, polled } from './standalone.js';

const DAY_MS = 86_400_000;

it('T 5: after a subscribe nothing comes that was not asked for', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a');
    watch(rig.client.subscribe(1, { consumerId: 1 }));
    yield 100;
    rig.append('log', 'b');
    yield DAY_MS;
    expect(rig.server.counters.commands.size).toBe(1);
    expect(rig.wire.frames.filter(({ direction }) => direction === 'received').map(({ name }) => name)).toEqual([
      'SubscribeAck',
    ]);
    expect(rig.server.counters.bytesOut).toBe(44 + 16);
  });
});

it('T 6: records are counted by reading them, not by the head of the response', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a', 'b', 'c');
    // What the server writes there says 1, however many there are.
    expect(Buffer.from(fetchResponse(18, new Uint8Array(18))).readUInt32LE(44 + 12)).toBe(1);
    const batches = watch(rig.client.consume('log', { until: 'end' }).pipe(autoAck()));
    const polls = watch(consumerOf(rig));
    yield 1_000;
    const poll = watch(polls.values[0]!.poll());
    yield 1_000;
    expect(batches.values.map(({ length }) => length)).toEqual([3]);
    expect(poll.values[0]?.records).toHaveLength(3);
    polls.values[0]!.close().subscribe();
    yield 1_000;
  });
});

it('T 7: a rewind is one, though the server remembers a commit', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a', 'b');
    const opened = watch(consumerOf(rig));
    yield 100;
    const consumer = opened.values[0]!;
    const results = [watch(consumer.poll())];
    yield 100;
    watch(consumer.commit());
    yield 100;
    watch(consumer.rewind());
    results.push(watch(consumer.poll()));
    yield 100;
    expect(results.map((result) => polled(result))).toEqual([[['a', 'b']], [['a', 'b']]]);
    consumer.close().subscribe();
    yield 1_000;
  });
});

it('T 10: a batch of no records is refused before anything is sent', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.server.createTopic('log');
    const producer = rig.producer();
    expect(watch(producer.sendBatch('log', [])).error).toBeInstanceOf(InvalidOptionError);
    yield 1_000;
    expect(rig.server.counters.connections.total).toBe(0);
    // A record of no bytes is five of them.
    const empty = watch(producer.send('log', ''));
    yield 1_000;
    expect(empty.ended).toBe('complete');
    producer.close().subscribe();
  });
});

it('T 12: a connection that is idle for a day is still there', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.server.createTopic('log');
    const producer = rig.producer();
    watch(producer.connect());
    yield DAY_MS;
    expect(rig.server.counters.connections).toMatchObject({ open: 1 });
    const sent = watch(producer.send('log', 'x'));
    yield 100;
    expect(sent.ended).toBe('complete');
    // One for commands, one for batches: the same as a day ago.
    expect(rig.server.counters.frames.keepalive).toBeLessThanOrEqual(1);
    producer.close().subscribe();
    yield 5_000;
  });
});

it('T 15: a batch whose ack was lost is written twice, and nobody is told that it was refused', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.server.createTopic('log');
    const producer = rig.producer({ requestTimeoutMs: 500 });
    rig.server.faults.swallowNextAcks(1);
    const sent = watch(producer.send('log', 'x'));
    yield 5_000;
    expect(sent.ended).toBe('complete');
    const { records: stored } = decodeRecords(rig.server.read('log'));
    expect(stored.map(({ value }) => Buffer.from(value).toString())).toEqual(['x', 'x']);
    producer.close().subscribe();
  });
});

it('T 17: topic 0 is refused before anything is sent', () => {
  marbles(function* ({ lance }) {
    const rig = lance();
    const { client } = rig;
    const producer = rig.producer();
    expect(() => client.consume(0)).toThrow(InvalidOptionError);
    expect(() => client.getTopic(0)).toThrow(InvalidOptionError);
    expect(() => producer.send(0, 'x')).toThrow(InvalidOptionError);
    expect(() => client.sink(0)).toThrow(InvalidOptionError);
    yield 1_000;
    expect(rig.server.counters.connections.total).toBe(0);
  });
});

it('T 21: whatever is sent is wrapped in a record', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.server.createTopic('log');
    const producer = rig.producer();
    watch(producer.send('log', 'text'));
    watch(producer.send('log', Buffer.from([1, 2, 3])));
    watch(rig.client.sink('log')(['more']));
    yield 1_000;
    const stored = rig.server.read('log');
    const { records: found, end } = decodeRecords(stored);
    expect([found.length, end]).toEqual([3, stored.length]);
    producer.close().subscribe();
    yield 5_000;
  });
});

it('T 25: the end is asked for once, and then read from', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'old');
    const seen = watch(rig.client.consume('log', { from: 'end' }).pipe(autoAck(), records()));
    yield 5_000;
    rig.append('log', 'new');
    yield 5_000;
    expect(seen.values.map((record) => record.text())).toEqual(['new']);
    seen.unsubscribe();
    const { fetches } = rig.wire;
    const isQuestion = ({ start }: (typeof fetches)[number]): boolean => start >= 2 ** 53;
    expect([fetches.filter(isQuestion).length, isQuestion(fetches[0]!)]).toEqual([1, true]);
    expect(new Set(fetches.slice(1).map(({ start }) => start))).toEqual(new Set([8, 16]));
  });
});

it('T 35: a fetch asks for no more than 16 MiB with all headers', () => {
  marbles(({ lance }) => {
    const { client } = lance();
    const most = 16 * 1024 * 1024 - 60;
    expect(() => client.consume('log', { maxFetchBytes: most + 1 })).toThrow(InvalidOptionError);
    expect(client.consume('log', { maxFetchBytes: most })).toBeDefined();
  });
});

it('T 51: the keepalive that was published with another checksum is refused', () => {
  const published = Buffer.alloc(44);
  published.write('4c414e4301200000e3a5b45c', 'hex');
  expect(() => decodeHeader(published, 0)).toThrow(InvalidFrameError);
});

it('T 56: a seek to the end asks where that is now', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a');
    const opened = watch(consumerOf(rig));
    yield 100;
    const consumer = opened.values[0]!;
    watch(consumer.poll());
    yield 100;
    const end = rig.append('log', 'b', 'c');
    const sought = watch(consumer.seekTo('end'));
    yield 100;
    expect(sought.values).toEqual([BigInt(end)]);
    consumer.close().subscribe();
    yield 1_000;
  });
});

it('T 58: a host, host:port and [IPv6]:port are addresses', () => {
  expect(['a.example', 'a.example:7', '[::1]:7', '[::1]', '127.0.0.1:7'].map(parseAddress)).toEqual([
    { host: 'a.example', port: 1992 },
    { host: 'a.example', port: 7 },
    { host: '::1', port: 7 },
    { host: '::1', port: 1992 },
    { host: '127.0.0.1', port: 7 },
  ]);
  for (const wrong of ['', ':7', '::1', 'a:b', 'a:0', 'a:65536', '[::1', 'a:1:2']) {
    expect(() => parseAddress(wrong)).toThrow(InvalidOptionError);
  }
});

it('T 68: acks before every later answer are as good as acks behind them', () => {
  marbles(function* ({ watch }) {
    // This one answers everything strictly in its order, as a follower does.
    const follower = new Bully({ act: () => {} }, 'ingest', 0);
    const listener = new MemoryListener((end) => {
      const received = follower.meets(end);
      return { received, drained: () => {}, ended: () => end.end(), closed: () => {} };
    });
    listener.open();
    const { work, close } = VICTIMS['a producer']!.make({ connector: listener.connector() });
    const seen = watch(work);
    yield* until(() => seen.ended !== undefined);
    expect([seen.ended, follower.acked]).toEqual(['complete', 1]);
    close().subscribe();
    yield 2_000;
  });
});
