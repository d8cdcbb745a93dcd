import { firstValueFrom } from 'rxjs';
import { AddressInUseError } from '../../../src/embedded/errors.js';
import { LightningServer } from '../../../src/embedded/lightning/lightning-server.js';
import { clock } from '../../../src/foundation/clock.js';
import { until } from '../../../src/testing.js';
import { really } from '../../real-time.js';
import { RawClient } from './raw.js';

let server: LightningServer;

beforeEach(async () => {
  server = await firstValueFrom(new LightningServer({ maxBodyBytes: 1_000_000 }).start());
});

afterEach(() => firstValueFrom(server.stop()));

const enqueueOne = '{"rollouts":[{"input":1}]}';
const idIn = (text: string): string => /ro-[0-9a-f]{12}/.exec(text)?.[0] ?? 'none';

it('keeps its port and what it has over stop and start', async () => {
  const { port } = server;
  const rollout = await call('POST', '/rollouts', '{"input":{"a":[1.5,"ü"]}}');
  await firstValueFrom(server.stop());
  await expect(call('GET', '/health')).rejects.toThrow('fetch failed');
  await firstValueFrom(server.start());
  expect([server.port, server.origin]).toEqual([port, `http://127.0.0.1:${port}`]);
  expect(await call('GET', `/rollouts/${idIn(rollout)}`)).toBe(rollout);
});

it('errors if its port is taken', async () => {
  const second = new LightningServer({ port: server.port });
  await expect(firstValueFrom(second.start())).rejects.toThrow(AddressInUseError);
});

it('gives times that rise with every call', async () => {
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const { uptime } = JSON.parse(await call('GET', '/statistics')) as { uptime: number };
    times.push(uptime);
  }
  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0))).toBe(true);
});

it('announces neither that it keeps connections nor for how long, and obeys those who want them closed', () =>
  really(
    (function* () {
      const client = new RawClient(server.port);
      client.ask('GET', '/health');
      yield* until(() => client.statuses.length === 1);
      expect(client.text.toLowerCase()).not.toMatch(/connection:|keep-alive|transfer-encoding/);
      client.ask('GET', '/health', '', 'Connection: close\r\n');
      yield* until(() => client.ended);
      expect(client.statuses).toEqual([200, 200]);
      expect(client.text.toLowerCase()).toContain('connection: close');
      client.socket.destroy();
    })(),
  ));

it('answers pipelined requests in order', () =>
  really(
    (function* () {
      const client = new RawClient(server.port);
      client.ask('POST', '/queues/rollouts/enqueue', enqueueOne);
      client.ask('GET', '/health/');
      client.ask('GET', '/nope');
      client.ask('HEAD', '/health');
      client.ask('GET', '/health');
      yield* until(() => client.statuses.length === 5);
      expect(client.statuses).toEqual([201, 307, 404, 405, 200]);
      client.socket.destroy();
    })(),
  ));

it('serves the requests of a connection one after the other, so that who does not read fills no memory', () =>
  really(
    (function* () {
      const filler = new RawClient(server.port);
      filler.ask('POST', '/rollouts', `{"input":"${'x'.repeat(900_000)}"}`);
      yield* until(() => filler.statuses.length === 1);
      filler.socket.destroy();
      const served = (): number => server.counters.routes.get('queryRollouts') ?? 0;
      const client = new RawClient(server.port);
      client.socket.pause();
      for (let more = 0; more < 50; more++) client.ask('GET', '/rollouts');
      yield* until(() => served() > 0);
      yield 100;
      expect(served()).toBeLessThan(20);
      client.socket.removeAllListeners('data').resume();
      yield* until(() => served() === 50);
      client.socket.destroy();
    })(),
  ));

it('refuses bodies beyond four of the largest size on all connections together, and recovers', () =>
  really(
    (function* () {
      const clients = Array.from({ length: 5 }, () => new RawClient(server.port));
      const head = 'POST /v1/agl/rollouts HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n';
      for (const { socket } of clients) socket.write(head + ' '.repeat(890_000));
      yield* until(() => clients.some((client) => client.statuses.length > 0));
      expect(clients.flatMap((client) => client.statuses)).toEqual([503]);
      for (const { socket } of clients) socket.destroy();
      yield* until(() => server.connections === 0);
      const again = new RawClient(server.port);
      again.ask('POST', '/rollouts', `{"input":"${'x'.repeat(900_000)}"}`);
      yield* until(() => again.statuses.length === 1);
      expect(again.statuses).toEqual([201]);
      again.socket.destroy();
    })(),
  ));

it('drops who asks for too much at once', () =>
  really(
    (function* () {
      const client = yield* waiting();
      for (let more = 0; more < 5000; more++) client.ask('POST', '/waits/rollouts', `{"rollout_ids":["x"]}`);
      yield* until(() => client.closed);
      yield* until(() => server.openWaits === 0);
      expect(server.counters.requests).toBeLessThan(110);
    })(),
  ));

it('forgets a wait when its client leaves', () =>
  really(
    (function* () {
      const client = yield* waiting();
      client.socket.destroy();
      yield* until(() => server.openWaits === 0);
      expect(server.counters.left).toBe(1);
    })(),
  ));

it('answers waits when it stops, and drops who is idle or in the middle of a request', () =>
  really(
    (function* () {
      const [idle, half] = [new RawClient(server.port), new RawClient(server.port)];
      idle.ask('GET', '/health');
      half.socket.write('POST /v1/agl/rollouts HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{"inp');
      const client = yield* waiting();
      yield* until(() => idle.statuses.length === 1 && server.connections === 3);
      let stopped = false;
      const before = clock.now();
      server.stop().subscribe({ complete: () => (stopped = true) });
      yield* until(() => client.ended);
      expect(client.text).toMatch(/HTTP\/1\.1 200 OK[^]*connection: close[^]*\r\n\r\n\[\]$/);
      client.socket.end();
      yield* until(() => stopped && idle.ended && half.ended);
      expect(clock.now() - before).toBeLessThan(900);
      for (const one of [idle, half, client]) one.socket.destroy();
      expect(server.connections).toBe(0);
    })(),
  ));

it('stops within about a second whatever its clients do', () =>
  really(
    (function* () {
      const client = yield* waiting();
      client.socket.pause();
      let stopped = false;
      server.stop().subscribe({ complete: () => (stopped = true) });
      yield* until(() => stopped, 3000);
      client.socket.destroy();
    })(),
  ));

it('refuses a body that is too large before it has come', () =>
  really(
    (function* () {
      const client = new RawClient(server.port);
      client.socket.write(`POST /v1/agl/rollouts HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n`);
      const piece = Buffer.alloc(65_536, 0x20);
      while (!client.ended && !client.closed) {
        client.socket.write(piece);
        yield 1;
      }
      expect(client.statuses).toEqual([413]);
      expect(server.counters.statuses.get(413)).toBe(1);
      client.socket.destroy();
    })(),
  ));

it('refuses what is not HTTP and heads that are too long', () =>
  really(
    (function* () {
      const [noise, long, fine] = [0, 0, 0].map(() => new RawClient(server.port)) as [RawClient, RawClient, RawClient];
      noise.socket.write('\0\0\0hello\r\n\r\n');
      long.socket.write(`GET /v1/agl/health?${'x'.repeat(200_000)} HTTP/1.1\r\nHost: h\r\n\r\n`);
      fine.ask('GET', `/rollouts?x=${'y'.repeat(70_000)}`);
      yield* until(() => noise.ended && (long.ended || long.closed) && fine.statuses.length > 0);
      expect([noise.statuses, fine.statuses]).toEqual([[400], [200]]);
      expect(noise.text).toContain('Invalid HTTP request received.');
      expect(long.statuses).not.toContain(200);
      for (const one of [noise, long, fine]) one.socket.destroy();
    })(),
  ));

it('cuts an answer off, drops before one and behind one', () =>
  really(
    (function* () {
      const clients = [0, 0, 0].map(() => new RawClient(server.port)) as [RawClient, RawClient, RawClient];
      const [cut, none, last] = clients;
      server.faults.truncateNextAnswers(1);
      cut.ask('GET', '/statistics');
      yield* until(() => cut.ended || cut.closed);
      server.faults.dropBeforeNextAnswers(1);
      none.ask('POST', '/queues/rollouts/enqueue', enqueueOne);
      yield* until(() => none.ended || none.closed);
      server.faults.dropAfterNextAnswers(1);
      last.ask('GET', '/health');
      yield* until(() => last.ended);
      expect(cut.text).toMatch(/content-length: \d{3}\r\n/);
      expect(cut.text.endsWith('}')).toBe(false);
      expect([none.text, server.queueLength]).toEqual(['', 1]);
      expect(last.text).toMatch(/connection: close[^]*{"status":"ok"}$/);
      for (const one of clients) one.socket.destroy();
    })(),
  ));

/** A client whose wait has arrived. */
function* waiting(): Generator<number, RawClient> {
  const client = new RawClient(server.port);
  client.ask('POST', '/queues/rollouts/enqueue', enqueueOne);
  yield* until(() => client.statuses.length === 1);
  const id = idIn(client.text);
  client.text = '';
  client.ask('POST', '/waits/rollouts', `{"rollout_ids":["${id}"]}`);
  yield* until(() => server.openWaits > 0);
  return client;
}

async function call(method: string, path: string, body?: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.origin}/v1/agl${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return text.replace(/,"attempt":.*}$/, '}');
}
