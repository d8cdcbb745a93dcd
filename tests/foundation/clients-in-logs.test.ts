import { inspect } from 'node:util';
import { concat, lastValueFrom } from 'rxjs';
import { FloServer, LanceServer, LightningServer } from '../../src/embedded.js';
import { FloClient } from '../../src/flo.js';
import { tls } from '../../src/lance.js';
import { LightningStoreClient } from '../../src/lightning.js';
import { Authority } from '../transports/certificates.js';

const passphrase = 'mellon';
const authority = new Authority('Test');
const own = authority.issue({ name: 'flo' });
const connector = tls({ host: '127.0.0.1', port: 9000, ca: authority.cert, cert: own.cert, key: own.key, passphrase });
const auth = { tokens: ['open-sesame'] };
const secrets = [passphrase, 'open-sesame', 'PRIVATE KEY', own.key.slice(100, 140)];

describe('a log shows of', () => {
  it.each<[string, object, string]>([
    ['a client of Flo', new FloClient('flo://127.0.0.1:9000/path'), "FloClient { server: '127.0.0.1:9000' }"],
    ['one with a connector', new FloClient('127.0.0.1:1', { connector }), "FloClient { server: '127.0.0.1:9000' }"],
    [
      'a client of a store',
      new LightningStoreClient('http://127.0.0.1:4747/'),
      "LightningStoreClient { server: 'http://127.0.0.1:4747' }",
    ],
    ['a Lance server', new LanceServer({ port: 1992, auth }), "LanceServer { address: '127.0.0.1:1992' }"],
    ['one in memory', LanceServer.inMemory({ auth }), "InMemoryLanceServer { address: 'memory' }"],
    ['a Flo server', new FloServer({ port: 9000 }), "FloServer { address: '127.0.0.1:9000' }"],
    ['a Lightning server', new LightningServer({ port: 4747 }), "LightningServer { origin: 'http://127.0.0.1:4747' }"],
  ])('%s where it is', (_, value, line) => {
    expect(inspect(value)).toBe(line);
    expect(inspect({ deep: [value] }, { depth: 1 })).toContain(`[${value.constructor.name}]`);
    expect(`${value.constructor.name} ${inspect(JSON.parse(JSON.stringify(value)))}`).toBe(line);
  });
});

it.each<[string, object]>([
  ['FloClient', new FloClient('127.0.0.1:1', { connector })],
  ['its queues', new FloClient('127.0.0.1:1', { connector }).queue],
  ['a stream', new FloClient('127.0.0.1:1', { connector }).queue.messages('tasks')],
  ['LanceServer', new LanceServer({ auth, tls: { cert: own.cert, key: own.key } })],
])('no secret is in what a debugger makes of %s', (_, value) => {
  const text = inspect(value, { depth: Infinity, showHidden: true, customInspect: false });
  for (const secret of secrets) expect(text).not.toContain(secret);
});

it('a server that was given any free port shows it once it listens', async () => {
  const server = await lastValueFrom(new FloServer().start());
  const client = new FloClient(server.address);
  expect(inspect([server, client])).toBe(
    `[\n  FloServer { address: '${server.address}' },\n  FloClient { server: '${server.address}' }\n]`,
  );
  await lastValueFrom(concat(client.close(), server.stop()));
});
