import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { finished } from './scene.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';

const run = promisify(execFile);

/** A certificate for localhost and 127.0.0.1 that nobody has signed but itself. */
const folder = mkdtempSync(join(tmpdir(), 'sluice-https-'));
const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];

let server: Server;
let port: number;

function openssl(): boolean {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  try {
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, '-out', certificateFile, ...subject], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

const describeWithOpenssl = openssl() ? describe : describe.skip;

afterAll(() => rmSync(folder, { recursive: true }));

describeWithOpenssl('over https', () => {
  beforeAll(async () => {
    const secrets = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
    server = createServer(secrets, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    });
    server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['localhost', '127.0.0.1'])(
    'a certificate that is not trusted is an error that says so: %s',
    async (host) => {
      const client = new LightningStoreClient(`https://${host}:${port}`);
      await expect(finished(client.health())).rejects.toMatchObject({
        code: 'LIGHTNING_CONNECTION',
        retryable: false,
        message: expect.stringMatching(/certificate.*DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/),
        context: { errno: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      });
      await finished(client.close());
    },
  );

  it.each(['localhost', '127.0.0.1'])('one that is trusted serves: %s', async (host) => {
    const code = `
      import { LightningStoreClient } from './src/lightning.ts';
      new LightningStoreClient('https://${host}:${port}').health().subscribe(({ status }) => console.log(status));`;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      cwd: `${__dirname}/../..`,
      timeout: 20_000,
      // Read when a process begins.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: certificateFile },
    });
    expect(stdout).toBe('ok\n');
  });
});
