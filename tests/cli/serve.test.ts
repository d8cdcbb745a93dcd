import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { tcp } from '../../src/transports/tcp.js';
import { really, until } from '../embedded/script.js';
import { Wire } from '../embedded/wire.js';
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
  const found = /^sluice: lance listening on 127\.0\.0\.1:(\d+)$/.exec(line);
  if (found === null) throw new Error(`not what a server says: ${line}`);
  return Number(found[1]);
}

describe.each(['SIGINT', 'SIGTERM'] as const)('serve lance until %s', (signal) => {
  it('says one line when it is ready, answers, and ends cleanly with clients connected', async () => {
    const server = sluice('serve', 'lance', '--port', '0');
    const port = portIn(await server.firstLine());
    const wire = new Wire(tcp({ host: '127.0.0.1', port }));
    await really(
      (function* () {
        wire.send(keepaliveFrame());
        yield* until(() => wire.waiting === 44);
      })(),
    );
    server.signal(signal);
    expect(await server.ended).toBe(0);
    expect(server.stdout).toBe(`sluice: lance listening on 127.0.0.1:${port}\n`);
    expect(server.stderr).toBe('');
    await really(until(() => wire.closed));
  });
});

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
    "sluice: unknown system 'kafka', expected lance, flo, lightning, see sluice --help\n",
    "sluice: unknown option '--prot', see sluice --help\n",
    'sluice: a command is missing, see sluice --help\n',
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
