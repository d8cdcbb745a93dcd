import { createServer, connect, type AddressInfo } from 'node:net';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import type { FloProtocol } from '../../../src/codecs/flo/codec.js';
import { AddressInUseError } from '../../../src/embedded/errors.js';
import { FloServer } from '../../../src/embedded/flo/flo-server.js';
import { ClosedError, InvalidOptionError } from '../../../src/foundation/errors.js';
import { tcp } from '../../../src/transports/tcp.js';
import { until, type Script } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { bytes, payloads, Peer, text } from './peer.js';

const queue = bytes('jobs');
const started: FloServer[] = [];

async function start(options?: ConstructorParameters<typeof FloServer>[0]): Promise<FloServer> {
  const server = await firstValueFrom(new FloServer(options).start());
  started.push(server);
  return server;
}
afterEach(async () => {
  for (const server of started.splice(0)) await lastValueFrom(server.stop());
});

const open = (server: FloServer, protocol: FloProtocol = 'v1-32'): Peer =>
  new Peer(tcp({ host: server.host, port: server.port }), protocol);

function* answers(peer: Peer): Script {
  peer.ask(peer.codec.ping, undefined);
  yield* until(() => peer.heard.length === 1);
  expect(peer.news()).toMatchObject([{ status: 0, value: 'PONG' }]);
}

it('does nothing before it is started', () => {
  const server = new FloServer();
  server.start();
  server.stop();
  expect(server.port).toBe(0);
});

it('emits itself once it listens, then completes', async () => {
  const server = new FloServer();
  started.push(server);
  expect(await lastValueFrom(server.start().pipe(toArray()))).toEqual([server]);
  expect(server.address).toBe(`127.0.0.1:${server.port}`);
  await really(answers(open(server)));
  await really(answers(open(server, 'v2-table')));
});

it('keeps keys, queues and port over stop and start; leases run on, polls that waited take nothing', async () => {
  const server = await start({ visibilityTimeoutMs: 150 });
  const { port } = server;
  server.put('key', bytes('kept'));
  server.enqueue('jobs', bytes('kept too'));
  const peer = open(server);
  await really(
    (function* () {
      peer.ask(peer.codec.queue.dequeue, { queue, count: 1 });
      yield* until(() => peer.heard.length === 1);
      peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 60_000 });
      yield* until(() => server.counters.waiting === 1);
    })(),
  );
  expect(await lastValueFrom(server.stop().pipe(toArray()))).toEqual([undefined]);
  await really(until(() => peer.closed));
  expect([server.counters.waiting, server.counters.connections.open]).toEqual([0, 0]);
  await firstValueFrom(server.start());
  expect(server.port).toBe(port);
  expect(text(server.kv('key')?.value)).toBe('kept');
  const next = open(server);
  await really(
    (function* () {
      next.ask(next.codec.queue.dequeue, { queue, count: 1, blockMs: 60_000 });
      yield* until(() => next.heard.length === 1);
      expect(next.news().map(payloads)).toEqual([['kept too']]);
    })(),
  );
});

it('can be stopped and started fifty times, with polls hanging on', async () => {
  const server = await start();
  for (let round = 0; round < 50; round++) {
    const peer = open(server);
    peer.ask(peer.codec.queue.dequeue, { queue, count: 1, blockMs: 60_000 });
    await really(until(() => server.counters.waiting === 1));
    await lastValueFrom(server.stop());
    await firstValueFrom(server.start());
  }
  expect(server.counters).toMatchObject({ waiting: 0, connections: { open: 0, total: 50 } });
  await really(answers(open(server)));
});

it('gives a message to no poll of a client that has gone', async () => {
  const server = await start();
  const gone = open(server);
  const alive = open(server);
  await really(
    (function* () {
      gone.ask(gone.codec.queue.dequeue, { queue, count: 1, blockMs: 60_000 });
      yield* until(() => server.counters.waiting === 1);
      gone.close();
      yield* until(() => server.counters.connections.open === 1);
      server.enqueue('jobs', bytes('safe'));
      expect(server.queue('jobs')).toMatchObject({ ready: 1, leased: 0 });
      alive.ask(alive.codec.queue.dequeue, { queue, count: 1 });
      yield* until(() => alive.heard.length === 1);
      expect(alive.news().map(payloads)).toEqual([['safe']]);
    })(),
  );
});

it('takes a frame byte by byte, and ten in one segment', async () => {
  const server = await start();
  const peer = open(server);
  await really(
    (function* () {
      for (const byte of peer.frame(peer.codec.kv.put, { key: queue, value: bytes('x') })) {
        peer.send(Uint8Array.of(byte));
        yield 0;
      }
      yield* until(() => peer.heard.length === 1);
      peer.send(...Array.from({ length: 10 }, () => peer.frame(peer.codec.ping, undefined)));
      yield* until(() => peer.heard.length === 11);
      expect(peer.statuses()).toEqual(new Array(11).fill(0));
    })(),
  );
});

it('takes and gives the largest value that is allowed', async () => {
  const server = await start();
  const peer = open(server);
  const value = new Uint8Array(16 * 1024 * 1024).fill(7);
  await really(
    (function* () {
      peer.ask(peer.codec.kv.put, { key: queue, value });
      yield* until(() => peer.heard.length === 1);
      expect(peer.statuses()).toEqual([0]);
    })(),
  );
  expect(Buffer.from(server.kv('jobs')?.value ?? []).equals(value)).toBe(true);
});

it('answers 200 connections at once', async () => {
  const server = await start();
  await really(
    (function* () {
      const peers = Array.from({ length: 200 }, (_, at) => open(server, at % 2 === 0 ? 'v1-32' : 'v2-table'));
      for (const peer of peers) peer.ask(peer.codec.queue.enqueue, { queue, payload: queue });
      yield* until(() => peers.every(({ heard }) => heard.length === 1));
      expect(server.queue('jobs').ready).toBe(200);
      for (const peer of peers) peer.close();
      yield* until(() => server.counters.connections.open === 0);
    })(),
  );
});

it('does not grow when a client asks for 2 GB and never reads', async () => {
  const server = await start();
  server.put('big', new Uint8Array(1024 * 1024));
  const { codec } = new Peer(FloServer.inMemory().connector());
  const request = codec.kv.get.encodeRequest('', { key: bytes('big') });
  const frame = codec.requestFrame({ low: 1, high: 0 }, codec.kv.get.opcode, request);
  const socket = connect({ port: server.port, host: server.host });
  socket.pause();
  socket.write(Buffer.concat(Array.from({ length: 2000 }, () => frame)));
  await really(
    (function* () {
      yield* until(() => server.counters.bytesOut > 0);
      let before: number;
      do {
        before = server.counters.bytesOut;
        yield 200;
      } while (server.counters.bytesOut !== before);
    })(),
  );
  // What the kernel's buffers hold, plus the one answer that waits.
  expect(server.counters.bytesOut).toBeLessThan(32 * 1024 * 1024);
  socket.destroy();
  await really(until(() => server.counters.connections.open === 0));
});

it('says that a port is in use', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  const error = await lastValueFrom(new FloServer({ port }).start()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AddressInUseError);
  await new Promise((resolve) => blocker.close(resolve));
});

it('can be stopped before it listens', async () => {
  const server = new FloServer();
  const outcome = firstValueFrom(server.start()).catch((reason: unknown) => reason);
  await lastValueFrom(server.stop());
  expect(await outcome).toBeInstanceOf(ClosedError);
});

it.each<[string, () => unknown]>([
  ['port', () => new FloServer({ port: 65_536 })],
  ['host', () => new FloServer({ host: '' })],
  ['bodies', () => new FloServer({ bodies: 'both' as 'sdk' })],
  ['semantics', () => new FloServer({ semantics: 'real' as 'server' })],
  ['ttlUnit', () => new FloServer({ ttlUnit: 'm' as 'ms' })],
  ['visibilityTimeoutMs', () => new FloServer({ visibilityTimeoutMs: -1 })],
  ['maxDeliveries', () => new FloServer({ maxDeliveries: 0 })],
  ['dlqCapacity', () => new FloServer({ dlqCapacity: -1 })],
  ['dedupWindowMs', () => new FloServer({ dedupWindowMs: Number.NaN })],
  ['maxWaiting', () => new FloServer({ maxWaiting: 1.5 })],
  ['maxValueBytes', () => new FloServer({ maxValueBytes: 2 ** 24 + 1 })],
  ['maxPayloadBytes', () => new FloServer({ maxPayloadBytes: 0 })],
  ['latencyMs', () => FloServer.inMemory({ latencyMs: Number.NaN })],
])('refuses a bad %s', (option, make) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(new RegExp(`^${option}: `));
});
