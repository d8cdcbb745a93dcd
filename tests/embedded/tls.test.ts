import { connect, type Socket } from 'node:net';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { ackFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { LanceServer, type LanceServerOptions } from '../../src/embedded/lance/lance-server.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { until, type Script } from '../../src/testing.js';
import { tls, type TlsConnectOptions } from '../../src/transports/tls.js';
import { really } from '../real-time.js';
import { Authority } from '../transports/certificates.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const authority = new Authority('Test authority');
const stranger = new Authority('Somebody else');
const own = authority.issue({ name: 'lance', hosts: ['127.0.0.1'] });

const started: LanceServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of started.splice(0)) await lastValueFrom(server.stop());
});

async function start(options: LanceServerOptions): Promise<LanceServer> {
  const server = await firstValueFrom(new LanceServer(options).start());
  started.push(server);
  return server;
}

function openTo({ host, port }: LanceServer, options: Partial<TlsConnectOptions> = {}): Wire {
  return new Wire(tls({ host, port, ca: authority.cert, ...options }));
}

function* hears(wire: Wire, frame: Uint8Array, answer: Uint8Array): Script {
  wire.send(frame);
  yield* until(() => wire.waiting === answer.length || wire.closed, 5000);
  expect(wire.takeAll()).toEqual([hex(answer)]);
}

const ingest = (id: number, size: number): Uint8Array =>
  ingestFrame({ topicId: 1, batchIdLow: id, timestampMs: 0, recordCount: 1 }, Buffer.alloc(size, id));

it('serves over TLS, large frames too, and keeps what was sent before the client ends', async () => {
  const server = await start({ tls: own });
  server.createTopic('events');
  const wire = openTo(server);
  await really(hears(wire, keepaliveFrame(), keepaliveFrame()));
  await really(hears(wire, ingest(1, 3_000_000), ackFrame(1)));
  wire.send(ingest(2, 100));
  wire.close();
  await really(until(() => server.topic('events')?.byteLength === 3_000_100, 5000));
});

it('lets in only clients that show a certificate of its authority, if it has one', async () => {
  const server = await start({ tls: { ...own, clientCa: [authority.cert] } });
  await really(hears(openTo(server, authority.issue({ name: 'client' })), keepaliveFrame(), keepaliveFrame()));
  for (const options of [{}, stranger.issue({ name: 'client' })]) {
    const refused = openTo(server, options);
    await really(until(() => refused.closed, 5000));
  }
  expect(server.counters.connections.total).toBe(1);
});

it('drops TLS connections when it stops, also those that have not even begun to talk', async () => {
  const server = await start({ tls: own });
  const { host, port } = server;
  const wire = openTo(server);
  await really(until(() => wire.opened, 5000));
  const silent = connect({ host, port });
  sockets.push(silent);
  let ended = false;
  silent.on('error', () => {}).on('close', () => (ended = true));
  await really(until(() => silent.readyState === 'open', 5000));
  await lastValueFrom(server.stop());
  await really(until(() => wire.closed && ended, 5000));
});

it('closes what speaks plain LWP to it', async () => {
  const server = await start({ tls: own });
  const plain = connect({ host: server.host, port: server.port });
  sockets.push(plain);
  let ended = false;
  plain
    .on('error', () => {})
    .on('close', () => (ended = true))
    .on('data', () => {});
  plain.write(keepaliveFrame());
  await really(until(() => ended, 5000));
  expect(server.counters.connections.total).toBe(0);
});

it('reads a key that has a passphrase', async () => {
  const locked = authority.issue({ name: 'lance', hosts: ['127.0.0.1'] }, 'sesame');
  const server = await start({ tls: { ...locked, passphrase: 'sesame' } });
  await really(hears(openTo(server), keepaliveFrame(), keepaliveFrame()));
});

it.each<[string, unknown, string]>([
  ['no key', { cert: own.cert }, 'tls.key: must be a key in PEM'],
  ['no certificate', { key: own.key }, 'tls.cert: must be a certificate in PEM'],
  ["another's key", { ...own, key: stranger.key }, 'tls: must be a certificate and its key in PEM, got '],
  ['rubbish', { cert: 'x', key: 'y' }, 'tls: must be a certificate and its key in PEM, got '],
  ['an unknown option', { ...own, ca: 'x' }, 'tls.ca: is not an option'],
])('refuses %s', (_, options, message) => {
  expect(() => new LanceServer({ tls: options as never })).toThrow(InvalidOptionError);
  expect(() => new LanceServer({ tls: options as never })).toThrow(message);
});
