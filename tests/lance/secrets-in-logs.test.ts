import { inspect } from 'node:util';
import { lastValueFrom } from 'rxjs';
import {
  ClientConfig,
  FileOffsetStore,
  LanceClient,
  Producer,
  ProducerConfig,
  StandaloneConfig,
  StandaloneConsumer,
} from '../../src/lance.js';
import type { Connector } from '../../src/transports/channel.js';
import { Authority } from '../transports/certificates.js';
import { finished, withServer } from './scene.js';

const token = 'open-sesame';
const passphrase = 'mellon';
const authority = new Authority('Test');
const server = authority.issue({ name: 'lance' });
const tls = { ca: authority.cert, cert: server.cert, key: server.key, passphrase };
const secrets = [token, passphrase, 'PRIVATE KEY', server.key.slice(100, 140)];

/** All that a log may make of a value. */
const written = (value: object): string[] => [
  inspect(value),
  inspect(value, { depth: Infinity, showHidden: true, compact: false }),
  inspect({ deep: [value] }, { depth: Infinity }),
  JSON.stringify(value) ?? '',
  JSON.stringify({ deep: [value] }) ?? '',
  String(value),
];

const options = { host: 'example.org', token, tls };

it.each<[string, object]>([
  ['ClientConfig', new ClientConfig(options)],
  ['ClientConfig, built', new ClientConfig().with({ token }).withSsl(tls).withPort(5)],
  ['ProducerConfig', new ProducerConfig(options)],
  ['StandaloneConfig', new StandaloneConfig('me', { topicId: 1, token, tls })],
  ['LanceClient', new LanceClient(options)],
  ['a stream', new LanceClient(options).consume('log')],
  ['a sink', new LanceClient(options).sink('log')],
  ['Producer', new Producer(options)],
])('no secret is in what a log makes of %s', (_name, value) => {
  for (const text of written(value)) for (const secret of secrets) expect(text).not.toContain(secret);
});

it.each<[string, object]>([
  ['LanceClient', new LanceClient(options)],
  ['a stream', new LanceClient(options).consume('log')],
  ['Producer', new Producer(options)],
])('nor in what a debugger makes of %s', (_name, value) => {
  const text = inspect(value, { depth: Infinity, showHidden: true, customInspect: false });
  for (const secret of secrets) expect(text).not.toContain(secret);
});

describe('a config in a log', () => {
  it('shows what was given, by its class', () => {
    const config = new ClientConfig({ host: 'x', token, reconnect: { maxAttempts: 3 } });
    expect(inspect(config)).toBe("ClientConfig { host: 'x', token: '(hidden)', reconnect: { maxAttempts: 3 } }");
    expect(inspect({ a: { b: { config } } }, { depth: 2 })).toContain('config: [ClientConfig]');
    expect(JSON.parse(JSON.stringify(config))).toEqual({
      host: 'x',
      token: '(hidden)',
      reconnect: { maxAttempts: 3 },
    });
    expect(inspect(new ClientConfig())).toBe('ClientConfig {}');
  });

  it('of TLS what can be read, and how long the rest is', () => {
    expect(new ClientConfig({ tls: { ...tls, cert: Buffer.from(server.cert), servername: 'lance' } }).toJSON()).toEqual(
      {
        tls: {
          ca: `(${authority.cert.length} characters)`,
          cert: `(${server.cert.length} bytes)`,
          key: '(hidden)',
          passphrase: '(hidden)',
          servername: 'lance',
        },
      },
    );
    const ca = [authority.cert, Buffer.from(authority.cert)];
    expect(new ProducerConfig({ tls: { ca } }).toJSON()).toEqual({
      tls: { ca: [`(${authority.cert.length} characters)`, `(${authority.cert.length} bytes)`] },
    });
  });

  it('what has a class of its own by that, positions as they are', () => {
    const offsetStore = new FileOffsetStore('/tmp/never-made');
    const config = new StandaloneConfig('me', { topicId: 1, offsetStore, startPosition: 500n });
    expect(inspect(config, { breakLength: Infinity })).toBe(
      "StandaloneConfig { topicId: 1, offsetStore: '[FileOffsetStore]', startPosition: 500n, consumerName: 'me' }",
    );
    expect(JSON.stringify(config)).toContain('"startPosition":"500"');
  });

  it('says whether certificates are looked at', () => {
    expect(new ClientConfig({ tls: { rejectUnauthorized: false } }).toJSON()).toEqual({
      tls: { rejectUnauthorized: false },
    });
  });

  it('is written also if a thing in it has no class', () => {
    const methods: object = Object.create(null);
    const connector = Object.assign(Object.create(methods) as Connector, { address: 'x', connect: () => {} });
    expect(new ClientConfig({ connector }).toJSON()).toEqual({ connector: '[Object]' });
  });

  it('is as useful as before: its options are all there', () => {
    const config = new ClientConfig(options);
    expect({ ...config.withPort(7) }).toEqual({ ...options, port: 7 });
    expect(config).toEqual(new ClientConfig(options));
    expect(config).not.toEqual(new ClientConfig({ ...options, token: 'another' }));
    expect(Object.keys(config)).toEqual(['host', 'token', 'tls']);
  });
});

it('a client, a producer and a consumer in a log: where the server is, and how they stand to it', async () => {
  await withServer(async ({ server: embedded, newClient }) => {
    const address = `127.0.0.1:${embedded.port}`;
    const client = newClient({ token });
    expect(inspect(client)).toBe(`LanceClient { server: '${address}', state: 'idle' }`);
    await finished(client.createTopic('events'));
    expect(inspect(client)).toBe(`LanceClient { server: '${address}', state: 'connected' }`);
    expect(JSON.parse(JSON.stringify({ client }))).toEqual({ client: { server: address, state: 'connected' } });

    const producer = await lastValueFrom(Producer.connect(address, { token }));
    await finished(producer.send('events', 'one'));
    expect(inspect(producer)).toBe(`Producer { server: '${address}', state: 'connected', bufferedBytes: 0 }`);
    await finished(producer.close());
    expect(JSON.stringify(producer)).toBe(`{"server":"${address}","state":"closed","bufferedBytes":0}`);

    const reader = new StandaloneConfig('reader', { topicName: 'events', token });
    const consumer = await lastValueFrom(StandaloneConsumer.connect(address, reader));
    await finished(consumer.poll({ timeoutMs: 5_000 }));
    expect(inspect(consumer, { breakLength: Infinity })).toBe(
      `StandaloneConsumer { server: '${address}', state: 'connected', consumerName: 'reader', topic: 'events', position: 8n }`,
    );
    for (const text of written(consumer)) expect(text).not.toContain(token);
    await finished(consumer.close());
    expect(inspect([consumer], { depth: 0 })).toBe('[ [StandaloneConsumer] ]');
  });
});
