import { createServer, type AddressInfo } from 'node:net';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { ackFrame, ingestFrame, keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { listTopicsRequest, subscribeRequest, commitOffsetRequest } from '../../src/codecs/lance/requests.js';
import { subscribeAckResponse } from '../../src/codecs/lance/replies.js';
import { AddressInUseError, ListenError } from '../../src/embedded/errors.js';
import { LanceServer } from '../../src/embedded/lance/lance-server.js';
import { ClosedError, InvalidOptionError, SluiceError } from '../../src/foundation/errors.js';
import { tcp } from '../../src/transports/tcp.js';
import { until, type Script } from '../../src/testing.js';
import { really } from '../real-time.js';
import { Wire } from './wire.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const started: LanceServer[] = [];

async function start(options?: ConstructorParameters<typeof LanceServer>[0]): Promise<LanceServer> {
  const server = await firstValueFrom(new LanceServer(options).start());
  started.push(server);
  return server;
}
afterEach(async () => {
  for (const server of started.splice(0)) await lastValueFrom(server.stop());
});

const openTo = (server: LanceServer): Wire => new Wire(tcp({ host: server.host, port: server.port }));

function* answers(wire: Wire): Script {
  wire.send(keepaliveFrame());
  yield* until(() => wire.waiting === 44);
  expect(wire.takeAll()).toEqual([hex(keepaliveFrame())]);
}

it('does nothing before it is started', () => {
  const server = new LanceServer();
  server.start();
  server.stop();
  expect(server.port).toBe(0);
});

it('emits itself once it listens, then completes', async () => {
  const server = new LanceServer();
  started.push(server);
  expect(await lastValueFrom(server.start().pipe(toArray()))).toEqual([server]);
  expect(server.port).toBeGreaterThan(0);
  expect(server.address).toBe(`127.0.0.1:${server.port}`);
  await really(answers(openTo(server)));
});

it('emits again when it listens already, or is about to', async () => {
  const server = new LanceServer();
  started.push(server);
  const [one, two] = await Promise.all([firstValueFrom(server.start()), firstValueFrom(server.start())]);
  expect([one, two, await firstValueFrom(server.start())]).toEqual([server, server, server]);
});

it('keeps topics, data and port over stop and start, and drops connections', async () => {
  const server = await start();
  const { port } = server;
  server.append('events', Buffer.from('kept'));
  const wire = openTo(server);
  await really(answers(wire));
  expect(await lastValueFrom(server.stop().pipe(toArray()))).toEqual([undefined]);
  await really(until(() => wire.closed));
  expect(server.counters.connections.open).toBe(0);

  await really(
    (function* () {
      const refused = openTo(server);
      yield* until(() => refused.closed);
      expect(refused.opened).toBe(false);
    })(),
  );
  await firstValueFrom(server.start());
  expect(server.port).toBe(port);
  expect(Buffer.from(server.read('events')).toString()).toBe('kept');
  await really(answers(openTo(server)));
});

it('can be stopped and started a hundred times, with clients hanging on', async () => {
  const server = await start();
  for (let round = 0; round < 100; round++) {
    const wire = openTo(server);
    await really(until(() => wire.opened));
    await lastValueFrom(server.stop());
    await firstValueFrom(server.start());
  }
  expect(server.counters.connections.open).toBe(0);
  await really(answers(openTo(server)));
}, 30_000);

it('forgets committed offsets at a restart, as the genuine server does', async () => {
  const server = await start();
  server.createTopic('events');
  function* subscribedAt(): Script {
    const wire = openTo(server);
    yield* until(() => wire.opened);
    wire.send(subscribeRequest(1, 0n, 0, 42n));
    yield* until(() => wire.waiting > 0);
    replies.push(...wire.takeAll());
    wire.send(commitOffsetRequest(1, 42n, 5000n));
    yield* until(() => wire.waiting > 0);
    wire.close();
  }
  const replies: string[] = [];
  await really(subscribedAt());
  await really(subscribedAt());
  await lastValueFrom(server.stop());
  await firstValueFrom(server.start());
  await really(subscribedAt());
  const at = (startOffset: bigint): string => hex(subscribeAckResponse({ consumerId: 42n, startOffset }));
  expect(replies).toEqual([at(0n), at(5000n), at(0n)]);
});

it('says that a port is in use, in a way that can be tried again', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  const server = new LanceServer({ port });
  const error = await lastValueFrom(server.start()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AddressInUseError);
  expect(error).toBeInstanceOf(ListenError);
  expect(error).toMatchObject({ retryable: true, context: { host: '127.0.0.1', port, errno: 'EADDRINUSE' } });
  expect((error as Error).message).toBe(`port ${port} on 127.0.0.1 is in use`);

  await new Promise((resolve) => blocker.close(resolve));
  started.push(await firstValueFrom(server.start()));
});

it('can be stopped before it listens', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const server = new LanceServer({ host });
    started.push(server);
    const outcome = firstValueFrom(server.start()).catch((reason: unknown) => reason);
    await lastValueFrom(server.stop());
    expect(await outcome).toBeInstanceOf(ClosedError);
    await firstValueFrom(server.start());
    await really(answers(openTo(server)));
  }
});

it('fails quietly if nobody is listening to that any more', async () => {
  const first = await start();
  new LanceServer({ port: first.port }).start().subscribe().unsubscribe();
  const second = new LanceServer({ port: first.port });
  second.start().subscribe().unsubscribe();
  expect(await firstValueFrom(second.start()).catch((reason: unknown) => reason)).toBeInstanceOf(AddressInUseError);
});

it('says why it cannot listen', async () => {
  const error = await lastValueFrom(new LanceServer({ host: '192.0.2.1' }).start()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ListenError);
  expect(error).not.toBeInstanceOf(AddressInUseError);
  expect(error).toMatchObject({ context: { errno: 'EADDRNOTAVAIL' } });
});

it.each<[string, () => unknown]>([
  ['port', () => new LanceServer({ port: 65_536 })],
  ['port', () => new LanceServer({ port: 1.5 })],
  ['host', () => new LanceServer({ host: '' })],
  ['ackDelayMs', () => new LanceServer({ ackDelayMs: -1 })],
  ['maxPayloadBytes', () => new LanceServer({ maxPayloadBytes: 2 ** 24 + 1 })],
  ['fetchAlign', () => new LanceServer({ fetchAlign: 'word' as 'byte' })],
  ['tailSentinelFrom', () => new LanceServer({ tailSentinelFrom: 2n ** 64n })],
  ['maxReadBytesPerSec', () => new LanceServer({ maxReadBytesPerSec: 0 })],
  ['latencyMs', () => LanceServer.inMemory({ latencyMs: Number.NaN })],
])('refuses a bad %s', (option, make) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(new RegExp(`^${option}: `));
});

it('answers 200 connections at once', async () => {
  const server = await start();
  await really(
    (function* () {
      const wires = Array.from({ length: 200 }, () => openTo(server));
      for (const wire of wires) wire.send(keepaliveFrame(), listTopicsRequest());
      yield* until(() => wires.every((wire) => wire.waiting > 88));
      expect(server.counters.connections).toEqual({ open: 200, total: 200 });
      for (const wire of wires) wire.close();
      yield* until(() => server.counters.connections.open === 0);
    })(),
  );
});

it('takes the largest payload that is allowed', async () => {
  const server = await start();
  server.createTopic('events');
  const payload = new Uint8Array(16 * 1024 * 1024).fill(7);
  await really(
    (function* () {
      const wire = openTo(server);
      wire.send(ingestFrame({ topicId: 1, batchIdLow: 9, timestampMs: 0, recordCount: 1 }, payload));
      yield* until(() => wire.waiting > 0);
      expect(wire.takeAll()).toEqual([hex(ackFrame(9))]);
    })(),
  );
  expect(Buffer.from(server.read('events')).equals(payload)).toBe(true);
});

it('errors that it makes are recognised by their codes', () => {
  const error = ListenError.of('::1', 80, { name: 'Error', message: '', code: 'EACCES' });
  expect(error).toBeInstanceOf(SluiceError);
  expect([error.code, error.retryable, error.message]).toEqual([
    'LISTEN',
    false,
    'cannot listen on port 80 of ::1: EACCES',
  ]);
});
