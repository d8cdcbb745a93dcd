import { map, take, toArray } from 'rxjs';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { ClientConfig } from '../../src/observables/lance/configs/client-config.js';
import { ProducerConfig } from '../../src/observables/lance/configs/producer-config.js';
import { StandaloneConfig } from '../../src/observables/lance/configs/standalone-config.js';
import { clientPlan } from '../../src/observables/lance/connection/client-options.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { producerPlan } from '../../src/observables/lance/producing/producer-options.js';
import { Producer } from '../../src/observables/lance/producing/producer.js';
import { SeekPosition } from '../../src/observables/lance/standalone/seek-position.js';
import { StandaloneConsumer } from '../../src/observables/lance/standalone/standalone-consumer.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { finished, withServer } from './scene.js';

const wrong = (value: unknown): never => value as never;

describe('defaults of configs', () => {
  it('ClientConfig', () => {
    const { host, port, connectTimeoutMs, requestTimeoutMs, tls } = new ClientConfig();
    expect([host, port, connectTimeoutMs, requestTimeoutMs, tls]).toEqual([
      '127.0.0.1',
      1992,
      10_000,
      30_000,
      undefined,
    ]);
    expect(clientPlan(new ClientConfig()).requestTimeoutMs).toBe(30_000);
  });

  it('ProducerConfig: self-clocked as it is, the values of other clients when lingering', () => {
    const config = new ProducerConfig();
    expect(config).toMatchObject({ batching: 'self-clocked', compression: false, autoReconnect: true });
    expect([config.connectTimeoutMs, config.requestTimeoutMs, config.tls]).toEqual([10_000, 30_000, undefined]);
    expect(producerPlan(config)).toEqual(producerPlan({}));
    const lingering = config.withBatching('linger');
    expect(producerPlan(lingering)).toMatchObject({ batchSize: 32_768, lingerMs: 5, maxPendingAcks: 64 });
    expect(producerPlan(lingering)).toEqual(producerPlan({ batching: 'linger' }));
  });

  it('StandaloneConfig', () => {
    const config = new StandaloneConfig('me', { topicId: 7 });
    expect([config.consumerName, config.topicId, config.topic]).toEqual(['me', 7, 7]);
    expect([config.maxFetchBytes, config.autoCommitIntervalMs, config.pollTimeoutMs]).toEqual([1_048_576, 5_000, 100]);
    expect([config.startPosition, config.offsetDir, config.tls, config.autoReconnect]).toEqual([
      SeekPosition.BEGINNING,
      undefined,
      undefined,
      true,
    ]);
    expect(new StandaloneConfig('me', { topicName: 'events' }).topic).toBe('events');
  });
});

describe('builders', () => {
  it('each returns another config, and the one before stays what it was', () => {
    const before = new ClientConfig({ port: 5 });
    const after = before.withHost('example').withPort(6).withConnectTimeout(7).withRequestTimeout(8).withSsl();
    expect({ ...after }).toEqual({
      host: 'example',
      port: 6,
      connectTimeoutMs: 7,
      requestTimeoutMs: 8,
      tls: true,
    });
    expect({ ...before }).toEqual({ port: 5 });
    expect(() => Object.assign(before, { port: 9 })).toThrow(TypeError);
    expect(before.port).toBe(5);
    expect({ ...before.with({ token: 'secret' }) }).toEqual({ port: 5, token: 'secret' });
  });

  it('ProducerConfig has all of them', () => {
    const config = new ProducerConfig()
      .withBatching('linger')
      .withBatchSize(65_536)
      .withLingerMs(10)
      .withCompression(true)
      .withMaxPendingAcks(8)
      .withConnectTimeout(1)
      .withRequestTimeout(2)
      .withSsl({ servername: 'lance' })
      .withAutoReconnect(false)
      .with({ bufferBytes: 9 });
    expect({ ...config }).toEqual({
      batching: 'linger',
      batchSize: 65_536,
      lingerMs: 10,
      compression: true,
      maxPendingAcks: 8,
      connectTimeoutMs: 1,
      requestTimeoutMs: 2,
      tls: { servername: 'lance' },
      reconnect: { maxAttempts: 0 },
      bufferBytes: 9,
    });
  });

  it('StandaloneConfig has all of them', () => {
    const config = new StandaloneConfig('me', { topicName: 'events' })
      .withStartPosition(SeekPosition.offset(500))
      .withOffsetDir('/tmp/offsets')
      .withMaxFetchBytes(1000)
      .withAutoCommitInterval(0)
      .withPollTimeout(50)
      .withSsl()
      .withAutoReconnect(false)
      .with({ connectTimeoutMs: 3 });
    expect({ ...config }).toEqual({
      consumerName: 'me',
      topicName: 'events',
      startPosition: 500n,
      offsetDir: '/tmp/offsets',
      maxFetchBytes: 1000,
      autoCommitIntervalMs: 0,
      pollTimeoutMs: 50,
      tls: true,
      reconnect: { maxAttempts: 0 },
      connectTimeoutMs: 3,
    });
  });

  it('auto-reconnect: off and on again keeps the pauses', () => {
    const config = new ProducerConfig({ reconnect: { initialMs: 5 } });
    expect(config.withAutoReconnect(false).autoReconnect).toBe(false);
    expect(config.withAutoReconnect(false).withAutoReconnect(true).reconnect).toEqual({ initialMs: 5 });
    const limited = new ProducerConfig({ reconnect: { maxAttempts: 3 } });
    expect(limited.withAutoReconnect(true).reconnect).toEqual({ maxAttempts: 3 });
  });
});

describe('a config refuses what is wrong when it is made', () => {
  it.each<[string, () => unknown]>([
    ['ClientConfig.hots', () => new ClientConfig(wrong({ hots: 'a' }))],
    ['port', () => new ClientConfig().withPort(0)],
    ['connectTimeoutMs', () => new ClientConfig().withConnectTimeout(-1)],
    ['requestTimeoutMs', () => new ClientConfig({ requestTimeoutMs: Number.NaN })],
    ['ProducerConfig.batchsize', () => new ProducerConfig(wrong({ batchsize: 1 }))],
    ['batchSize', () => new ProducerConfig().withBatchSize(0)],
    ['lingerMs', () => new ProducerConfig().withLingerMs(-1)],
    ['maxPendingAcks', () => new ProducerConfig().withMaxPendingAcks(0)],
    ['batching', () => new ProducerConfig().withBatching(wrong('sometimes'))],
    ['StandaloneConfig.topic', () => new StandaloneConfig('me', wrong({ topic: 1 }))],
    ['consumerName', () => new StandaloneConfig('', { topicId: 1 })],
    ['topicId', () => new StandaloneConfig('me', {})],
    ['topicId', () => new StandaloneConfig('me', { topicId: 0 })],
    ['topicName', () => new StandaloneConfig('me', { topicId: 1, topicName: 'events' })],
    ['startPosition', () => new StandaloneConfig('me', { topicId: 1 }).withStartPosition(wrong('middle'))],
    ['startPosition', () => new StandaloneConfig('me', { topicId: 1 }).withStartPosition(-1n)],
    ['maxFetchBytes', () => new StandaloneConfig('me', { topicId: 1 }).withMaxFetchBytes(0)],
    ['autoCommitIntervalMs', () => new StandaloneConfig('me', { topicId: 1 }).withAutoCommitInterval(-1)],
    ['pollTimeoutMs', () => new StandaloneConfig('me', { topicId: 1 }).withPollTimeout(Infinity)],
  ])('%s', (option, make) => {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ context: { option } });
  });
});

describe('a config is accepted where options are', () => {
  it('by LanceClient, Producer, sink, StandaloneConsumer and consume, on a socket', async () => {
    await withServer(async ({ server, newClient }) => {
      const address = `127.0.0.1:${server.port}`;
      const config = new ClientConfig().withPort(server.port).withConnectTimeout(2_000);
      const client = new LanceClient(config);
      await finished(client.createTopic('events'));

      const producer = await finished(Producer.connect(address, new ProducerConfig().withBatchSize(1_000)));
      expect(await finished(producer!.send('events', 'one'))).toBe(1n);
      await finished(producer!.close());
      await finished(newClient().sink<string>('events', new ProducerConfig().withMaxPendingAcks(1))(['two']));

      const reader = new StandaloneConfig('reader', { topicName: 'events' });
      const consumer = await finished(StandaloneConsumer.connect(address, reader));
      const result = await finished(consumer!.poll({ timeoutMs: 5_000 }));
      expect(result!.records.map(({ value }) => Buffer.from(value).toString())).toEqual(['one', 'two']);
      await finished(consumer!.close());

      const offsetStore = new MemoryOffsetStore();
      const stream = client.consume('events', reader.with({ offsetStore, startPosition: 8n }));
      const texts = await finished(
        stream.pipe(
          records(),
          take(1),
          map(({ value }) => value.text()),
          toArray(),
        ),
      );
      expect(texts).toEqual(['two']);
      await finished(client.close());
    });
  });

  it('what a stream of a client can’t follow is refused', () => {
    const client = new LanceClient();
    const config = new StandaloneConfig('me', { topicId: 1 });
    for (const [option, other] of [
      ['pollTimeoutMs', config.withPollTimeout(5)],
      ['tls', config.withSsl()],
      ['reconnect', config.withAutoReconnect(false)],
      ['connectTimeoutMs', config.with({ connectTimeoutMs: 5 })],
      ['autoCommitIntervalMs', config.withAutoCommitInterval(0)],
    ] as const) {
      expect(() => client.consume(1, other)).toThrow(
        expect.objectContaining({ context: expect.objectContaining({ option }) }),
      );
    }
    expect(() => client.consume(2, config)).toThrow('topic: must be that of the config, 1, got 2');
    expect(() => client.consume(1, config)).not.toThrow();
  });
});
