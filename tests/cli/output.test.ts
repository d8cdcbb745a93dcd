import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { Spawned } from './spawned.js';

// Each of them is a process that compiles what it runs.
jest.setTimeout(60_000);

const running: Spawned[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.signal('SIGKILL');
    await each.ended;
  }
});

function unheard(...args: readonly string[]): Spawned {
  const process = new Spawned(...args);
  running.push(process);
  process.stopListening();
  return process;
}

async function sparePort(): Promise<number> {
  const spare = createServer();
  await new Promise<void>((resolve) => void spare.listen(0, '127.0.0.1', resolve));
  const { port } = spare.address() as AddressInfo;
  await new Promise((resolve) => spare.close(resolve));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false)).once('data', () => socket.destroy());
    socket.write(keepaliveFrame());
  });

it('a server whose output nobody reads any more, as with `| head -1`, goes on without a word', async () => {
  const port = await sparePort();
  const server = unheard('serve', 'lance', '--port', String(port));
  let over = false;
  void server.ended.then(() => (over = true));
  while (!over && !(await answers(port)));
  // What it says comes before its first answer, and has failed by the time that it answers again.
  expect(await answers(port)).toBe(true);
  server.signal('SIGTERM');
  expect([await server.ended, server.stderr]).toEqual([0, '']);
});

it('help that nobody reads is no error', async () => {
  const help = unheard('serve', '--help');
  expect([await help.ended, help.stderr]).toEqual([0, '']);
});

it('output that can not be written is one line and exit code 2', () => {
  const full = openSync('/dev/full', 'w');
  const args = ['--import', 'tsx', 'src/cli/main.ts', '--help'];
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  closeSync(full);
  expect([status, stderr]).toEqual([2, 'sluice: cannot write to standard output (ENOSPC)\n']);
});
