import { map, toArray } from 'rxjs';
import { TlvRecord } from '../../src/codecs/lance/tlv.js';
import { PayloadError } from '../../src/codecs/payload/errors.js';
import { json } from '../../src/codecs/payload/json.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { StandaloneConfig } from '../../src/observables/lance/configs/standalone-config.js';
import { decodeDeadLetter } from '../../src/observables/lance/consuming/dead-letter.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { SeekPosition } from '../../src/observables/lance/standalone/seek-position.js';
import { StandaloneConsumer } from '../../src/observables/lance/standalone/standalone-consumer.js';
import { finished, withServer } from './scene.js';

/** What the compiler would not let pass: users may have no types. */
const wrong = (value: unknown): never => value as never;

describe('a mistake is told before anything is sent, and how to mend it', () => {
  it.each(['127.0.0.1:1992', 'lance://127.0.0.1', 'localhost:', ''])('a host with more than a host: %j', (host) => {
    const rule = `host: must be a name or an address, without a port, got ${JSON.stringify(host)}`;
    expect(() => new LanceClient({ host })).toThrow(rule);
  });

  it.each(['localhost', '10.0.0.7', '::1', 'fe80::1%eth0', 'lance.example.org'])('%s is a host', (host) => {
    expect(() => new LanceClient({ host })).not.toThrow();
  });

  it('an address that is none', () => {
    const rule = 'address: must be host:port, [IPv6]:port or a host, got an object with host';
    expect(() => Producer.connect(wrong({ host: 'x' }))).toThrow(rule);
  });

  it.each([undefined, null, 5, 5n, ['abc'], {}, Symbol('abc'), new Date(0), Object('abc')])(
    'a name for a topic that is no text: %p',
    (name) => {
      const lance = new LanceClient();
      const rule = /^name: must be the name of a topic, got /;
      expect(() => lance.createTopic(wrong(name))).toThrow(rule);
      expect(() => lance.ensureTopic(wrong(name))).toThrow(rule);
      expect(() => lance.createTopicWithRetention(wrong(name), {})).toThrow(rule);
    },
  );

  it('records that are no array, or none', () => {
    const producer = new Producer();
    expect(() => producer.sendBatch('events', wrong('abc'))).toThrow('records: must be an array, got "abc"');
  });

  it.each<[string, () => unknown, RegExp]>([
    ['raw', () => TlvRecord.raw(wrong('one')), /^value: must be bytes, got "one"$/],
    [
      'a user-defined one',
      () => TlvRecord.userDefined(0x80, wrong([1, 2])),
      /^value: must be bytes, got an array of 2$/,
    ],
    ['any', () => new TlvRecord(1, wrong(undefined)), /^value: must be bytes, got undefined$/],
    [
      'any',
      () => new TlvRecord(1, wrong(new ArrayBuffer(3))),
      /^value: must be bytes, got an instance of ArrayBuffer$/,
    ],
    ['a key and a value', () => TlvRecord.keyValue('k', wrong('one')), /^value: must be bytes, got "one"$/],
    ['a key and a value', () => TlvRecord.keyValue('k', wrong(null)), /^value: must be bytes, got null$/],
    ['a key and a value', () => TlvRecord.keyValue(wrong(5), new Uint8Array(1)), /^key: must be a text, got 5$/],
    ['a key and a value', () => TlvRecord.keyValue(wrong(undefined), new Uint8Array(1)), /^key: must be a text, got/],
    ['a time and a value', () => TlvRecord.timestamped(1n, wrong('one')), /^value: must be bytes, got "one"$/],
    [
      'a time and a value',
      () => TlvRecord.timestamped(wrong(1e18), new Uint8Array(1)),
      /^timestampNs: must be a bigint from 0 /,
    ],
    [
      'a time and a value',
      () => TlvRecord.timestamped(wrong('5'), new Uint8Array(1)),
      /^timestampNs: must be a bigint from 0 /,
    ],
    ['all three', () => TlvRecord.keyTimestamped(1n, 'k', wrong('one')), /^value: must be bytes, got "one"$/],
    [
      'all three',
      () => TlvRecord.keyTimestamped(wrong(1), 'k', new Uint8Array(1)),
      /^timestampNs: must be a bigint from 0 /,
    ],
  ])('a record of something else than it is made of, which would be stored as zeros: %s', (_, make, rule) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(rule);
  });

  it.each([null, 5, 'localhost', {}, [], true, () => {}, LanceServer.inMemory()])('a way that is none: %p', (way) => {
    const rule = 'must be a connector, such as server.connector() of an embedded server, got';
    expect(() => new LanceClient({ connector: wrong(way) })).toThrow(`connector: ${rule}`);
    expect(() => new Producer({ connector: wrong(way) })).toThrow(`connector: ${rule}`);
    expect(() => new LanceClient({ connectorTo: () => wrong(way) })).toThrow(`connectorTo: must return a connector`);
  });

  it.each([-1, 256, 1.5, Number.NaN, '2', null])('a codec of another type than records have: %p', (recordType) => {
    const codec = { ...json(), recordType: wrong(recordType) };
    expect(() => new LanceClient().sink('events', { codec })).toThrow(
      'codec.recordType: must be an integer from 0 to 255',
    );
  });

  it('what a codec of your own gives instead of bytes', async () => {
    const codec = { ...json(), encode: () => wrong({ length: 'unknown' }) };
    await withServer(async ({ client }) => {
      await finished(client.createTopic('events'));
      const refused = finished(client.sink('events', { codec })(['one']));
      await expect(refused).rejects.toThrow('record: must be bytes, got an object with length');
    });
  });

  it.each([undefined, null, 'name', {}])('what is no function between deliveries: %p', (given) => {
    expect(() => mapDelivery(wrong(given))).toThrow('mapDelivery project: must be a function, got ');
    expect(() => filterDelivery(wrong(given))).toThrow('filterDelivery keep: must be a function, got ');
  });

  it('no topic for a consumer that polls', () => {
    const connect = (): unknown => StandaloneConsumer.connect('127.0.0.1', wrong({ consumerName: 'a' }));
    expect(connect).toThrow('topicId: must be given, or topicName, got undefined');
  });

  it('dead letters of a topic that go to that topic, which would never end', () => {
    const consume = (): unknown => new LanceClient().consume('events', { deadLetters: { topic: 'events' } });
    expect(consume).toThrow('deadLetters.topic: must be another topic, got "events"');
  });
});

describe('positions', () => {
  const lance = new LanceClient();

  it.each([5, 5n, 0, Number.MAX_SAFE_INTEGER])('%p is one wherever one is given', (position) => {
    expect(() => lance.consume('a', { from: position, until: position })).not.toThrow();
    expect(() => lance.tail('a', { from: position })).not.toThrow();
    const options = { consumerName: 'a', topicName: 'a', startPosition: position };
    expect(() => StandaloneConsumer.connect('localhost', options)).not.toThrow();
    expect(new StandaloneConfig('a', options).startPosition).toBe(position);
    expect(() => lance.commitOffset('a', { consumerId: 1, offset: position })).not.toThrow();
    expect(() => lance.subscribe('a', { consumerId: 1, startOffset: position })).not.toThrow();
    expect(SeekPosition.offset(position)).toBe(BigInt(position));
  });

  it.each([-1, -1n, 1.5, 2 ** 53, 2n ** 53n, Number.NaN, Infinity, '5', null, {}])('%p is none', (position) => {
    const rule = 'an integer from 0 to 2^53 - 1, as bigint or number';
    expect(() => lance.consume('a', { from: wrong(position) })).toThrow(`from: must be 'beginning', 'end' or ${rule}`);
    expect(() => lance.consume('a', { until: wrong(position) })).toThrow(`until: must be 'end' or ${rule}`);
    const options = { consumerName: 'a', topicName: 'a', startPosition: wrong(position) };
    const whole = `startPosition: must be 'beginning', 'end' or ${rule}`;
    expect(() => StandaloneConsumer.connect('localhost', options)).toThrow(whole);
    expect(() => new StandaloneConfig('a', options)).toThrow(whole);
    expect(() => SeekPosition.offset(wrong(position))).toThrow(`offset: must be ${rule}`);
  });

  it('where a read starts and ends', async () => {
    await withServer(async ({ client }) => {
      await finished(client.createTopic('events'));
      await finished(client.sink('events')(['a', 'b', 'c']));
      const read = client.consume('events', { from: 6, until: 12 }).pipe(autoAck(), records());
      await expect(
        finished(
          read.pipe(
            map((record) => record.text()),
            toArray(),
          ),
        ),
      ).resolves.toEqual(['b']);
    });
  });
});

describe('an option that had another name', () => {
  it.each(['consume', 'tail'] as const)('%s: to is until now', (method) => {
    const call = (): unknown => new LanceClient()[method]('a', wrong({ to: 5n }));
    expect(call).toThrow(`${method}.to: is not an option (did you mean until?), there are name, from, until,`);
  });
});

describe('an error says what it is about', () => {
  it('a topic by its id that is not there', async () => {
    await withServer(async ({ client: lance }) => {
      const missing = {
        message: 'there is no topic 99 (Topic not found)',
        code: 'LANCE_TOPIC_NOT_FOUND',
        context: { topic: 99 },
      };
      await expect(finished(lance.getTopic(99))).rejects.toMatchObject(missing);
      await expect(finished(lance.consume(99).pipe(autoAck()))).rejects.toMatchObject(missing);
    });
  });

  it('a topic by its id in whatever needs it', async () => {
    await withServer(async ({ client: lance, server }) => {
      const producer = new Producer({ port: server.port });
      const missing = (why: string): object => ({
        message: `there is no topic 99 (${why})`,
        code: 'LANCE_TOPIC_NOT_FOUND',
        context: { topic: 99 },
      });
      const sent = missing('Unknown topic');
      await expect(finished(producer.send(99, 'a'))).rejects.toMatchObject(sent);
      await expect(finished(producer.send(99, 'a'))).rejects.toMatchObject({ context: { outcome: 'refused' } });
      await expect(finished(lance.sink(99)(['a']))).rejects.toMatchObject(sent);
      const command = missing('Configuration error: Topic 99 not found');
      await expect(finished(lance.deleteTopic(99))).rejects.toMatchObject(command);
      await expect(finished(lance.setRetention(99, {}))).rejects.toMatchObject(command);
      await finished(producer.close());
    });
  });

  it('a value that is not what it was taken for, by its record and its topic', async () => {
    await withServer(async ({ client: lance }) => {
      await finished(lance.createTopic('events'));
      await finished(lance.sink('events')(['{}', 'no json']));
      const read = lance.consume('events', { until: 'end', codec: json() }).pipe(autoAck(), records());
      const wanted = {
        message: 'json: 7 bytes are not JSON (the record at 7 of topic "events")',
        code: 'PAYLOAD',
        context: { codec: 'json', position: 7n, topic: 'events' },
      };
      await expect(finished(read.pipe(map(({ value }) => value)))).rejects.toMatchObject(wanted);
      await expect(finished(read.pipe(map((record) => record.msgpack())))).rejects.toMatchObject({
        message: expect.stringMatching(/^msgpack: .* \(the record at 0 of topic "events"\)$/),
      });
      await expect(finished(read.pipe(map((record) => record.json())))).rejects.toMatchObject(wanted);
    });
  });

  it.each(['', 'one', 'null', '5', '[]', '{}', '{"position":"x","value":""}', '{"position":"1"}'])(
    'a record among the dead letters that is none: %j',
    (record) => {
      const read = (): unknown => decodeDeadLetter(record);
      expect(read).toThrow(PayloadError);
      expect(read).toThrow('dead letter: a text that is none');
    },
  );

  it('a request that is not answered, by its name', async () => {
    await withServer(async ({ server }) => {
      const lance = new LanceClient({ port: server.port, requestTimeoutMs: 50 });
      const late = (name: string): object => ({
        message: `127.0.0.1:${server.port}: no reply to ${name} within 50 ms`,
        context: { requestTimeoutMs: 50, request: name },
      });
      server.faults.swallowNextReplies(1);
      await expect(finished(lance.listTopics())).rejects.toMatchObject(late('ListTopics'));
      server.faults.swallowNextReplies(1);
      await expect(finished(lance.getTopic(1))).rejects.toMatchObject(late('GetTopic'));
      await finished(lance.close());
    });
  });

  it('a client and a producer that are closed', async () => {
    await withServer(async ({ client: lance }) => {
      const producer = new Producer();
      await finished(producer.close());
      await expect(finished(producer.send('events', 'a'))).rejects.toMatchObject({
        message: 'the producer is closed',
        retryable: false,
        context: { outcome: 'not sent' },
      });
      await finished(lance.close());
      const closed = { message: 'the client is closed', code: 'LANCE_CONNECTION', retryable: false };
      await expect(finished(lance.ping())).rejects.toMatchObject(closed);
      await expect(finished(lance.sink('events')(['a']))).rejects.toMatchObject(closed);
      const stream = lance.consume('events', { name: 'n' });
      await expect(finished(stream.pipe(autoAck()))).rejects.toMatchObject(closed);
      await expect(finished(stream.lag$)).rejects.toMatchObject(closed);
      await expect(finished(stream.position$)).rejects.toMatchObject(closed);
      await expect(finished(lance.tail('events').pipe(autoAck()))).rejects.toMatchObject(closed);
      await expect(finished(lance.topics$)).rejects.toMatchObject(closed);
    });
  });
});
