import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanceTimeoutError } from '../../../../src/codecs/lance/errors.js';
import { InvalidOptionError } from '../../../../src/foundation/errors.js';
import { ClientConfig } from '../../../../src/observables/lance/configs/client-config.js';
import { ProducerConfig } from '../../../../src/observables/lance/configs/producer-config.js';
import { StandaloneConfig } from '../../../../src/observables/lance/configs/standalone-config.js';
import { LanceClient } from '../../../../src/observables/lance/lance-client.js';
import { Producer } from '../../../../src/observables/lance/producing/producer.js';
import { SeekPosition } from '../../../../src/observables/lance/standalone/seek-position.js';
import { StandaloneConsumer } from '../../../../src/observables/lance/standalone/standalone-consumer.js';
import { Authority } from '../../../transports/certificates.js';
import { QUICK } from '../../scene.js';
import { TlsProxy } from '../../tls-proxy.js';
import { errorOf, put, text, valueOf, type Call, type Calls, type Scene } from '../call.js';

const authority = new Authority('Mapping');
const identity = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] });
const trust = { ca: authority.cert };

async function behindTls(scene: Scene, use: (port: number) => Promise<void>): Promise<void> {
  const proxy = await new TlsProxy(scene.server.port, identity).start();
  try {
    await use(proxy.port);
  } finally {
    await proxy.stop();
  }
}

/** A config that `make` returns leads to the server. */
const client =
  (make: (config: ClientConfig, scene: Scene) => ClientConfig): Call =>
  async (scene) => {
    const made = new LanceClient(make(new ClientConfig({ port: scene.server.port }), scene));
    expect(await valueOf(made.ping())).toBeGreaterThanOrEqual(0);
    await valueOf(made.close());
  };

const clientTls: Call = async (scene) =>
  behindTls(scene, async (port) => client((config) => config.withPort(port).withSsl(trust))(scene));

/** A client that gives up after so long, at a server that does not answer. */
const impatientClient: Call = async (scene) => {
  const config = new ClientConfig({ port: scene.server.port, requestTimeoutMs: 30 });
  scene.server.faults.swallowNextReplies(1);
  const made = new LanceClient(config);
  expect(await errorOf(made.listTopics())).toBeInstanceOf(LanceTimeoutError);
  await valueOf(made.close());
};

/** Sends what it is given, with a config; returns how many batches and bytes have come. */
async function produce(
  { server, address }: Scene,
  config: ProducerConfig,
  texts: string[],
): Promise<{ readonly batches: number; readonly bytes: number }> {
  const producer = await valueOf(Producer.connect(address, config));
  for (const each of texts) await valueOf(producer.sendAsync('events', each));
  await valueOf(producer.flush());
  await valueOf(producer.close());
  return { batches: server.counters.frames.ingest, bytes: server.topic('events')!.byteLength };
}

const LINGER = new ProducerConfig().withBatching('linger');
const TEXTS = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(20));

const batchSize: Call = async (scene) => {
  const { batches } = await produce(scene, LINGER.withBatchSize(64), TEXTS);
  expect(batches).toBe(5);
};

const linger: Call = async (scene) => {
  const { batches } = await produce(scene, LINGER.withLingerMs(10), TEXTS);
  expect(batches).toBe(1);
};

const compression: Call = async (scene) => {
  const { bytes } = await produce(scene, LINGER.withCompression(true), ['a'.repeat(10_000)]);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1_000);
};

const pendingAcks: Call = async (scene) => {
  const { batches } = await produce(scene, LINGER.withBatchSize(64).withMaxPendingAcks(1), TEXTS);
  expect(batches).toBe(5);
};

const producerTls: Call = async (scene) =>
  behindTls(scene, async (port) => {
    const producer = await valueOf(Producer.connect(`127.0.0.1:${port}`, new ProducerConfig().withSsl(trust)));
    await valueOf(producer.send('events', 'secret'));
    await valueOf(producer.close());
    expect(scene.server.topic('events')!.byteLength).toBe(11);
  });

const autoReconnect: Call = async (scene) => {
  const quick = new ProducerConfig({ reconnect: QUICK });
  for (const config of [quick, quick.withAutoReconnect(false)]) {
    const producer = await valueOf(Producer.connect(scene.address, config));
    scene.server.faults.dropBeforeNextAcks(1);
    const sent = await errorOf(producer.send('events', 'again?'));
    if (config.autoReconnect) expect(sent).toBeUndefined();
    else expect(sent).toMatchObject({ code: 'LANCE_CONNECTION' });
    await valueOf(producer.close());
  }
};

const patientProducer: Call = async (scene) => {
  const config = new ProducerConfig().withRequestTimeout(30).withAutoReconnect(false);
  const producer = await valueOf(Producer.connect(scene.address, config));
  scene.server.faults.swallowNextAcks(1);
  expect(await errorOf(producer.send('events', 'lost'))).toMatchObject({ retryable: true });
  await errorOf(producer.close());
};

const producer =
  (make: (config: ProducerConfig) => ProducerConfig): Call =>
  async (scene) => {
    const { bytes } = await produce(scene, make(new ProducerConfig()), ['a']);
    expect(bytes).toBe(6);
  };

/** What the first poll of a consumer with this config brings. */
async function firstPoll(
  scene: Scene,
  config: StandaloneConfig,
  address = scene.address,
): Promise<string[] | undefined> {
  const consumer = await valueOf(StandaloneConsumer.connect(address, config));
  const result = await valueOf(consumer.poll({ timeoutMs: 5_000 }));
  await valueOf(consumer.close());
  return result?.records.map(({ value }) => text(value));
}

const READER = new StandaloneConfig('my-consumer', { topicId: 1 });

const reader =
  (config: StandaloneConfig, expected: string[]): Call =>
  async (scene) => {
    put(scene, 'a', 'b', 'c');
    expect(await firstPoll(scene, config)).toEqual(expected);
  };

const offsetDir: Call = async (scene) => {
  const directory = join(mkdtempSync(join(tmpdir(), 'sluice-mapping-')), 'made', 'anew');
  const config = READER.withOffsetDir(directory);
  try {
    put(scene, 'a');
    expect(await firstPoll(scene, config)).toEqual(['a']);
    expect(existsSync(directory)).toBe(true);
    put(scene, 'b');
    expect(await firstPoll(scene, config)).toEqual(['b']);
  } finally {
    rmSync(join(directory, '../..'), { recursive: true });
  }
};

const autoCommit: Call = async (scene) => {
  put(scene, 'a', 'b');
  const saved: bigint[] = [];
  const offsetStore = {
    load: () => [undefined],
    save: (_: unknown, offset: bigint) => [saved.push(offset)],
    delete: () => [undefined],
  };
  for (const [config, expected] of [
    [READER.withAutoCommitInterval(0), []],
    [READER.withAutoCommitInterval(5_000), [12n]],
  ] as const) {
    await firstPoll(scene, config.with({ offsetStore }));
    expect(saved).toEqual(expected);
  }
};

const pollTimeout: Call = async (scene) => {
  const consumer = await valueOf(StandaloneConsumer.connect(scene.address, READER.withPollTimeout(20)));
  scene.server.faults.delayNextReplies(1, 200);
  expect(await errorOf(consumer.poll())).toBeInstanceOf(LanceTimeoutError);
  expect(await valueOf(consumer.poll({ timeoutMs: 5_000 }))).toBeUndefined();
  await valueOf(consumer.close());
};

const readerTls: Call = async (scene) =>
  behindTls(scene, async (port) => {
    put(scene, 'a');
    expect(await firstPoll(scene, READER.withSsl(trust), `127.0.0.1:${port}`)).toEqual(['a']);
  });

const refused =
  (make: () => unknown, option: string): Call =>
  async (scene) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(option);
    await reader(READER, ['a', 'b', 'c'])(scene);
  };

export const configCalls: Calls = {
  ClientConfig: client((config) => config),
  'ClientConfig(host)': client((config) => new ClientConfig({ host: '127.0.0.1' }).withPort(config.port)),
  'ClientConfig.host': client((config) => config.withHost(config.host)),
  'ClientConfig.port': client((config) => config),
  'ClientConfig.connect_timeout_s': client((config) => config.with({ connectTimeoutMs: config.connectTimeoutMs })),
  'ClientConfig.request_timeout_s': impatientClient,
  'ClientConfig.ssl_context': clientTls,
  'ClientConfig.with_host': client((config) => config.withHost('localhost').withHost('127.0.0.1')),
  'ClientConfig.with_port': client((config, { server }) => config.withPort(1).withPort(server.port)),
  'ClientConfig.with_connect_timeout': client((config) => config.withConnectTimeout(5_000)),
  'ClientConfig.with_ssl': clientTls,
  ProducerConfig: producer((config) => config),
  'ProducerConfig.batch_size': batchSize,
  'ProducerConfig.linger_ms': linger,
  'ProducerConfig.compression': compression,
  'ProducerConfig.max_pending_acks': pendingAcks,
  'ProducerConfig.connect_timeout_s': producer((config) => config.with({ connectTimeoutMs: config.connectTimeoutMs })),
  'ProducerConfig.request_timeout_s': patientProducer,
  'ProducerConfig.ssl_context': producerTls,
  'ProducerConfig.auto_reconnect': autoReconnect,
  'ProducerConfig.with_batch_size': batchSize,
  'ProducerConfig.with_linger_ms': linger,
  'ProducerConfig.with_compression': compression,
  'ProducerConfig.with_max_pending_acks': pendingAcks,
  'ProducerConfig.with_connect_timeout': producer((config) => config.withConnectTimeout(5_000)),
  'ProducerConfig.with_request_timeout': patientProducer,
  'ProducerConfig.with_ssl': producerTls,
  'ProducerConfig.with_auto_reconnect': autoReconnect,
  StandaloneConfig: reader(READER, ['a', 'b', 'c']),
  'StandaloneConfig(topic_id)': reader(READER, ['a', 'b', 'c']),
  'StandaloneConfig.consumer_name': refused(() => new StandaloneConfig('', { topicId: 1 }), 'consumerName'),
  'StandaloneConfig.topic_id': refused(() => new StandaloneConfig('me', { topicId: 0 }), 'topic'),
  'StandaloneConfig.max_fetch_bytes': reader(READER.withMaxFetchBytes(13), ['a', 'b']),
  'StandaloneConfig.start_position': reader(READER.with({ startPosition: 6n }), ['b', 'c']),
  'StandaloneConfig.offset_dir': offsetDir,
  'StandaloneConfig.auto_commit_interval_s': autoCommit,
  'StandaloneConfig.poll_timeout_s': pollTimeout,
  'StandaloneConfig.ssl_context': readerTls,
  'StandaloneConfig.with_max_fetch_bytes': reader(READER.withMaxFetchBytes(7), ['a']),
  'StandaloneConfig.with_start_position': reader(READER.withStartPosition(SeekPosition.offset(12)), ['c']),
  'StandaloneConfig.with_offset_dir': offsetDir,
  'StandaloneConfig.with_auto_commit_interval': autoCommit,
  'StandaloneConfig.with_poll_timeout': pollTimeout,
  'StandaloneConfig.with_ssl': readerTls,
};
