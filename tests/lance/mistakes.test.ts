import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
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

  it('an address that is none', async () => {
    const rule = 'address: must be host:port, [IPv6]:port or a host, got an object with host';
    await expect(finished(Producer.connect(wrong({ host: 'x' })))).rejects.toThrow(rule);
  });

  it('records that are no array, or none', () => {
    const producer = new Producer();
    expect(() => producer.sendBatch('events', wrong('abc'))).toThrow('records: must be an array, got "abc"');
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
    });
  });
});
