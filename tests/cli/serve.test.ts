import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { codecFor } from '../../src/codecs/flo/codec-for.js';
import { keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { until } from '../../src/testing.js';
import { really } from '../real-time.js';
import { Spawned } from './spawned.js';

// Each of them is a process that compiles what it runs.
jest.setTimeout(60_000);

const running: Spawned[] = [];

function sluice(...args: readonly string[]): Spawned {
  const process = new Spawned(...args);
  running.push(process);
  return process;
}

afterEach(async () => {
  for (const each of running.splice(0)) {
    each.signal('SIGKILL');
    await each.ended;
  }
});

function portIn(line: string): number {
  const found = /^sluice: \w+ listening on 127\.0\.0\.1:(\d+)$/.exec(line);
  if (found === null) throw new Error(`not what a server says: ${line}`);
  return Number(found[1]);
}

/** What a server is asked, and how its answer looks. */
const calls: Readonly<Record<string, readonly [request: Uint8Array, answer: RegExp]>> = {
  lance: [keepaliveFrame(), /^.{44}$/s],
  flo: [floPing(), /^FLO\0.*PONG$/s],
  lightning: [Buffer.from('GET /v1/agl/health HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^HTTP\/1\.1 200 .*\{.*\}$/s],
};

function floPing(): Uint8Array {
  const { ping, requestFrame } = codecFor('v1-32');
  return requestFrame({ low: 1, high: 0 }, ping.opcode, ping.encodeRequest('', undefined));
}

it.each([
  ['lance', 'SIGINT'],
  ['lance', 'SIGTERM'],
  ['flo', 'SIGINT'],
  ['lightning', 'SIGTERM'],
] as const)(
  'serve %s until %s: says one line when it is ready, answers, and ends with clients connected',
  async (name, signal) => {
    const server = sluice('serve', name, '--port', '0');
    const port = portIn(await server.firstLine());
    const [request, expected] = calls[name]!;
    const socket = connect({ host: '127.0.0.1', port });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let answer = '';
    socket.on('error', () => {}).on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.write(request);
    await really(until(() => expected.test(answer)));
    server.signal(signal);
    expect(await server.ended).toBe(0);
    expect(server.stdout).toBe(`sluice: ${name} listening on 127.0.0.1:${port}\n`);
    expect(server.stderr).toBe('');
    await closed;
  },
);

it('listens where it is told', async () => {
  const spare = createServer();
  await new Promise<void>((resolve) => void spare.listen(0, '127.0.0.1', resolve));
  const { port } = spare.address() as AddressInfo;
  await new Promise((resolve) => spare.close(resolve));
  const server = sluice('serve', 'lance', '--host', 'localhost', '--port', String(port));
  expect(await server.firstLine()).toBe(`sluice: lance listening on localhost:${port}`);
});

it('a port in use is one line and exit code 2', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => void blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  const server = sluice('serve', 'lance', '--port', String(port));
  expect([await server.ended, server.stdout, server.stderr]).toEqual([
    2,
    '',
    `sluice: port ${port} on 127.0.0.1 is in use\n`,
  ]);
  await new Promise((resolve) => blocker.close(resolve));
});

it('what the user got wrong is one line on stderr and exit code 2', async () => {
  const commands = [sluice('serve', 'kafka'), sluice('serve', 'lance', '--prot', '1'), sluice()];
  expect(await Promise.all(commands.map(({ ended }) => ended))).toEqual([2, 2, 2]);
  expect(commands.map(({ stdout }) => stdout)).toEqual(['', '', '']);
  expect(commands.map(({ stderr }) => stderr)).toEqual([
    "sluice: unknown system 'kafka', expected lance, flo, lightning; see sluice serve --help\n",
    "sluice: unknown option '--prot'; see sluice serve --help\n",
    'sluice: a command is missing; see sluice --help\n',
  ]);
});

it('prints help and version on stdout, with exit code 0', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const commands = [sluice('--help'), sluice('serve', 'lance', '--help'), sluice('--version')];
  expect(await Promise.all(commands.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  expect(commands.map(({ stderr }) => stderr)).toEqual(['', '', '']);
  expect(commands.map(({ stdout }) => stdout)).toEqual([
    expect.stringMatching(/^Usage: sluice .*\bserve\b/s),
    expect.stringMatching(/^Usage: sluice serve .*--port\b/s),
    `${version}\n`,
  ]);
});
