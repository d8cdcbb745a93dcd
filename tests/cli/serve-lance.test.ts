import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '../../src/codecs/lance/commands.js';
import { controlFrame, ingestFrame } from '../../src/codecs/lance/frames.js';
import { authenticateRequest, createTopicRequest, fetchRequest } from '../../src/codecs/lance/requests.js';
import type { Connector } from '../../src/transports/channel.js';
import { tcp } from '../../src/transports/tcp.js';
import { tls } from '../../src/transports/tls.js';
import { until, type Script } from '../../src/testing.js';
import { Wire } from '../embedded/wire.js';
import { really } from '../real-time.js';
import { Authority } from '../transports/certificates.js';
import { Spawned } from './spawned.js';

// Each of them is a process that compiles what it runs.
jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
const running: Spawned[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.signal('SIGKILL');
    await each.ended;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function serve(...switches: readonly string[]): Spawned {
  const server = new Spawned('serve', 'lance', '--port', '0', ...switches);
  running.push(server);
  return server;
}

const plain = (port: number): Connector => tcp({ host: '127.0.0.1', port });

async function openTo(server: Spawned, to = plain): Promise<Wire> {
  const port = Number(/:(\d+)$/.exec(await server.firstLine())?.[1]);
  return new Wire(to(port));
}

/** The text of each reply, as it would look without its header. */
async function answers(wire: Wire, ...say: readonly Uint8Array[]): Promise<string[]> {
  const texts: string[] = [];
  await really(
    (function* (): Script {
      wire.send(...say);
      yield* until(() => {
        for (let frame = wire.take(); frame !== undefined; frame = wire.take())
          texts.push(frame.toString('latin1', 44));
        return texts.length === say.length;
      }, 20_000);
    })(),
  );
  return texts;
}

const ingest = (text: string): Uint8Array =>
  ingestFrame({ topicId: 1, batchIdLow: 1, timestampMs: 0, recordCount: 1 }, Buffer.from(text));

it('keeps its data in a folder, says so, and finds it again after SIGTERM and after SIGKILL', async () => {
  const dataDir = join(folder, 'data');
  const ends = ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const;
  for (const [round, signal] of ends.entries()) {
    const server = serve('--data-dir', dataDir);
    const wire = await openTo(server);
    if (round === 0) await answers(wire, createTopicRequest('events'));
    expect(await answers(wire, ingest('data'))).toEqual(['']);
    expect((await answers(wire, fetchRequest(1, 0, 100)))[0]?.slice(16)).toBe('data'.repeat(round + 1));
    expect(server.stdout.split('\n')[1]).toBe(
      `sluice: its data is in ${dataDir} (topics: ${round === 0 ? 0 : 1}, bytes: ${round * 4})`,
    );
    const other = serve('--data-dir', dataDir);
    expect([await other.ended, other.stderr]).toEqual([
      2,
      expect.stringMatching(`^sluice: --data-dir ${dataDir} is in use by the server in process \\d+\n$`),
    ]);
    server.signal(signal);
    expect(await server.ended).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');
  }
});

it('what turns out only when it starts is one line that names the switch, too', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const wrong = [
    ['--data-dir', file],
    ['--data-dir', '/proc/x'],
    ['--host', 'nowhere.invalid'],
    ['--host', '192.0.2.1'],
  ];
  const servers = wrong.map((switches) => serve(...switches));
  expect(await Promise.all(servers.map(({ ended }) => ended))).toEqual([2, 2, 2, 2]);
  expect(servers.map(({ stdout }) => stdout)).toEqual(['', '', '', '']);
  expect(servers.map(({ stderr }) => stderr)).toEqual([
    `sluice: --data-dir ${file}: must be a folder, and ${file} is a file\n`,
    'sluice: --data-dir /proc/x: must be a folder, and /proc/x can not be made (ENOENT)\n',
    // Without a network, names can't be looked up at all.
    expect.stringMatching(
      /^sluice: --host nowhere\.invalid: no name or address of this machine \((ENOTFOUND|EAI_AGAIN)\)\n$/,
    ),
    'sluice: --host 192.0.2.1: no name or address of this machine (EADDRNOTAVAIL)\n',
  ]);
});

it('does what its switches say', async () => {
  const server = serve(
    '--lenient-names',
    '--token',
    'one',
    '--token',
    'two',
    '--memory-bytes',
    '2000000',
    '--max-frame',
    '9',
  );
  const wire = await openTo(server);
  const create = controlFrame(Command.CreateTopic, Buffer.from('my_topic'));
  expect(await answers(wire, create, ingest('x'), authenticateRequest('two'), ingest('x'))).toEqual([
    expect.stringContaining('"name":"my_topic"'),
    'Authentication required',
    '\x01Authenticated',
    '',
  ]);
  wire.send(ingest('0123456789'));
  await really(until(() => wire.closed, 20_000));
});

it('is a follower that redirects', async () => {
  const wire = await openTo(serve('--leader', '127.0.0.1:1992'));
  expect(await answers(wire, createTopicRequest('events'))).toEqual(['NOT_LEADER: redirect to 127.0.0.1:1992']);
});

it('listens with TLS', async () => {
  const authority = new Authority('Test authority');
  const { cert, key } = authority.issue({ name: 'lance', hosts: ['127.0.0.1'] });
  for (const [name, content] of Object.entries({ cert, key })) writeFileSync(join(folder, name), content);
  const server = serve('--tls-cert', join(folder, 'cert'), '--tls-key', join(folder, 'key'));
  const wire = await openTo(server, (port) => tls({ host: '127.0.0.1', port, ca: authority.cert }));
  expect(await answers(wire, createTopicRequest('events'))).toEqual([expect.stringContaining('"id":1,')]);
});
