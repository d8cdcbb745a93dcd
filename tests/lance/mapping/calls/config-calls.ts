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
import {
  embedded,
  errorOf,
  put,
  size,
  text,
  valueOf,
  type Call,
  type Calls,
  type EmbeddedCall,
  type Scene,
} from '../call.js';

const authority = new Authority('Mapping');
const identity = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] });
const trust = { ca: authority.cert };

async function behindTls(scene: Scene, use: (port: number) => Promise<void>): Promise<void> {
  const proxy = await new TlsProxy(placeOf(scene).port, identity).start();
  try {
    await use(proxy.port);
  } finally {
    await proxy.stop();
  }
}

function placeOf({ address }: Scene): { readonly host: string; readonly port: number } {
  const { hostname: host, port } = new URL(`lance://${address}`);
  return { host, port: Number(port) };
}

/** A config that `make` returns leads to the server. */
const client =
  (make: (config: ClientConfig, scene: Scene) => ClientConfig): Call =>
  async (scene) => {
    const made = new LanceClient(make(new ClientConfig(placeOf(scene)), scene));
    expect(await valueOf(made.ping())).toBeGreaterThanOrEqual(0);
    await valueOf(made.close());
  };

const clientTls: Call = async (scene) =>
  behindTls(scene, async (port) =>
    client((config) => config.withHost('127.0.0.1').withPort(port).withSsl(trust))(scene),
  );

/** A client that gives up after so long, at a server that does not answer. */
const impatientClient: EmbeddedCall = async (_, server) => {
  const config = new ClientConfig({ port: server.port, requestTimeoutMs: 30 });
  server.faults.swallowNextReplies(1);
  const made = new LanceClient(config);
  expect(await errorOf(made.listTopics())).toBeInstanceOf(LanceTimeoutError);
  await valueOf(made.close());
};

/** Sends what it is given, with a config; returns how many batches and bytes have come. */
async function produce(
  scene: Scene,
  config: ProducerConfig,
  texts: string[],
): Promise<{ readonly batches: number | undefined; readonly bytes: number }> {
  const producer = await valueOf(Producer.connect(scene.address, config));
  for (const each of texts) await valueOf(producer.sendAsync(scene.topic, each));
  await valueOf(producer.flush());
  await valueOf(producer.close());
  return { batches: scene.server?.counters.frames.ingest, bytes: await size(scene) };
}

/** Ten records become so many batches, as far as the server tells. */
const batches =
  (config: ProducerConfig, count: number): Call =>
  async (scene) => {
    const came = await produce(scene, config, TEXTS);
    expect(came.bytes).toBe(250);
    expect([count, undefined]).toContain(came.batches);
  };

const LINGER = new ProducerConfig().withBatching('linger');
const TEXTS = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(20));

const batchSize = batches(LINGER.withBatchSize(64), 5);
const linger = batches(LINGER.withLingerMs(10), 1);
const pendingAcks = batches(LINGER.withBatchSize(64).withMaxPendingAcks(1), 5);

const compression: Call = async (scene) => {
  const { bytes } = await produce(scene, LINGER.withCompression(true), ['a'.repeat(10_000)]);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(1_000);
};

const producerTls: Call = async (scene) =>
  behindTls(scene, async (port) => {
    const producer = await valueOf(Producer.connect(`127.0.0.1:${port}`, new ProducerConfig().withSsl(trust)));
    await valueOf(producer.send(scene.topic, 'secret'));
    await valueOf(producer.close());
    expect(await size(scene)).toBe(11);
  });

const autoReconnect: EmbeddedCall = async (scene, server) => {
  const quick = new ProducerConfig({ reconnect: QUICK });
  for (const config of [quick, quick.withAutoReconnect(false)]) {
    const producer = await valueOf(Producer.connect(scene.address, config));
    server.faults.dropBeforeNextAcks(1);
    const sent = await errorOf(producer.send(scene.topic, 'again?'));
    if (config.autoReconnect) expect(sent).toBeUndefined();
    else expect(sent).toMatchObject({ code: 'LANCE_CONNECTION' });
    await valueOf(producer.close());
  }
};

const patientProducer: EmbeddedCall = async (scene, server) => {
  const config = new ProducerConfig().withRequestTimeout(30).withAutoReconnect(false);
  const producer = await valueOf(Producer.connect(scene.address, config));
  server.faults.swallowNextAcks(1);
  expect(await errorOf(producer.send(scene.topic, 'lost'))).toMatchObject({ retryable: true });
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

const reading = ({ id }: Scene): StandaloneConfig => new StandaloneConfig('my-consumer', { topicId: id });

const reader =
  (make: (config: StandaloneConfig) => StandaloneConfig, expected: string[]): Call =>
  async (scene) => {
    await put(scene, 'a', 'b', 'c');
    expect(await firstPoll(scene, make(reading(scene)))).toEqual(expected);
  };

const offsetDir: Call = async (scene) => {
  const directory = join(mkdtempSync(join(tmpdir(), 'sluice-mapping-')), 'made', 'anew');
  const config = reading(scene).withOffsetDir(directory);
  try {
    await put(scene, 'a');
    expect(await firstPoll(scene, config)).toEqual(['a']);
    expect(existsSync(directory)).toBe(true);
    await put(scene, 'b');
    expect(await firstPoll(scene, config)).toEqual(['b']);
  } finally {
    rmSync(join(directory, '../..'), { recursive: true });
  }
};

const autoCommit: Call = async (scene) => {
  await put(scene, 'a', 'b');
  const saved: bigint[] = [];
  const offsetStore = {
    load: () => [undefined],
    save: (_: unknown, offset: bigint) => [saved.push(offset)],
    delete: () => [undefined],
  };
  for (const [config, expected] of [
    [reading(scene).withAutoCommitInterval(0), []],
    [reading(scene).withAutoCommitInterval(5_000), [12n]],
  ] as const) {
    await firstPoll(scene, config.with({ offsetStore }));
    expect(saved).toEqual(expected);
  }
};

const pollTimeout: EmbeddedCall = async (scene, server) => {
  const consumer = await valueOf(StandaloneConsumer.connect(scene.address, reading(scene).withPollTimeout(20)));
  server.faults.delayNextReplies(1, 200);
  expect(await errorOf(consumer.poll())).toBeInstanceOf(LanceTimeoutError);
  expect(await valueOf(consumer.poll({ timeoutMs: 5_000 }))).toBeUndefined();
  await valueOf(consumer.close());
};

const readerTls: Call = async (scene) =>
  behindTls(scene, async (port) => {
    await put(scene, 'a');
    expect(await firstPoll(scene, reading(scene).withSsl(trust), `127.0.0.1:${port}`)).toEqual(['a']);
  });

const refused =
  (make: () => unknown, option: string): Call =>
  async (scene) => {
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(option);
    await reader((config) => config, ['a', 'b', 'c'])(scene);
  };

export const configCalls: Calls = {
  ClientConfig: client((config) => config),
  'ClientConfig(host)': client(({ host, port }) => new ClientConfig({ host }).withPort(port)),
  'ClientConfig.host': client((config) => config.withHost(config.host)),
  'ClientConfig.port': client((config) => config),
  'ClientConfig.connect_timeout_s': client((config) => config.with({ connectTimeoutMs: config.connectTimeoutMs })),
  'ClientConfig.request_timeout_s': embedded(impatientClient),
  'ClientConfig.ssl_context': clientTls,
  'ClientConfig.with_host': client((config) => config.withHost('nowhere.invalid').withHost(config.host)),
  'ClientConfig.with_port': client((config, scene) => config.withPort(1).withPort(placeOf(scene).port)),
  'ClientConfig.with_connect_timeout': client((config) => config.withConnectTimeout(5_000)),
  'ClientConfig.with_ssl': clientTls,
  ProducerConfig: producer((config) => config),
  'ProducerConfig.batch_size': batchSize,
  'ProducerConfig.linger_ms': linger,
  'ProducerConfig.compression': compression,
  'ProducerConfig.max_pending_acks': pendingAcks,
  'ProducerConfig.connect_timeout_s': producer((config) => config.with({ connectTimeoutMs: config.connectTimeoutMs })),
  'ProducerConfig.request_timeout_s': embedded(patientProducer),
  'ProducerConfig.ssl_context': producerTls,
  'ProducerConfig.auto_reconnect': embedded(autoReconnect),
  'ProducerConfig.with_batch_size': batchSize,
  'ProducerConfig.with_linger_ms': linger,
  'ProducerConfig.with_compression': compression,
  'ProducerConfig.with_max_pending_acks': pendingAcks,
  'ProducerConfig.with_connect_timeout': producer((config) => config.withConnectTimeout(5_000)),
  'ProducerConfig.with_request_timeout': embedded(patientProducer),
  'ProducerConfig.with_ssl': producerTls,
  'ProducerConfig.with_auto_reconnect': embedded(autoReconnect),
  StandaloneConfig: reader((config) => config, ['a', 'b', 'c']),
  'StandaloneConfig(topic_id)': reader((config) => config, ['a', 'b', 'c']),
  'StandaloneConfig.consumer_name': refused(() => new StandaloneConfig('', { topicId: 1 }), 'consumerName'),
  'StandaloneConfig.topic_id': refused(() => new StandaloneConfig('me', { topicId: 0 }), 'topic'),
  'StandaloneConfig.max_fetch_bytes': reader((config) => config.withMaxFetchBytes(13), ['a', 'b']),
  'StandaloneConfig.start_position': reader((config) => config.with({ startPosition: 6n }), ['b', 'c']),
  'StandaloneConfig.offset_dir': offsetDir,
  'StandaloneConfig.auto_commit_interval_s': autoCommit,
  'StandaloneConfig.poll_timeout_s': embedded(pollTimeout),
  'StandaloneConfig.ssl_context': readerTls,
  'StandaloneConfig.with_max_fetch_bytes': reader((config) => config.withMaxFetchBytes(7), ['a']),
  'StandaloneConfig.with_start_position': reader((config) => config.withStartPosition(SeekPosition.offset(12)), ['c']),
  'StandaloneConfig.with_offset_dir': offsetDir,
  'StandaloneConfig.with_auto_commit_interval': autoCommit,
  'StandaloneConfig.with_poll_timeout': embedded(pollTimeout),
  'StandaloneConfig.with_ssl': readerTls,
};
