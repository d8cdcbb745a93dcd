import { readFile, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../child.mjs';
import { environment } from '../python.mjs';
import { withProgram, withServer } from '../served.mjs';
import { session } from '../session.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const PYTHON = {
  pythonPath: [join(here, 'store-only')],
  // Otherwise a part of the package asks the network for a price list while it is imported.
  env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
};

/** The published client with our server, then our client, as it is built, with the published server. */
export async function agentLightning(cache) {
  const pinned = await readFile(join(here, 'requirements.txt'), 'utf8');
  const requirements = pinned.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const folder = join(cache, 'agentlightning');
  const python = await environment(folder, requirements, { flags: ['--no-deps'] });
  const theirs = await withServer('lightning', (address) => {
    const title = 'agentlightning 0.3.0 with sluice serve lightning';
    return session(title, python, [join(here, 'session.py'), `http://${address}`], PYTHON);
  });
  await build();
  const ours = await withGenuineStore(join(folder, 'venv/bin/agl'), (url) => {
    const title = 'LightningStoreClient with agl store 0.3.0';
    const env = { TSX_TSCONFIG_PATH: join(here, 'tsconfig.json') };
    return session(title, process.execPath, ['--import', 'tsx', join(here, 'store-client-process.ts'), url], { env });
  });
  return theirs + ours;
}

async function withGenuineStore(agl, use) {
  const port = await freePort();
  const args = ['store', '--host', '127.0.0.1', '--port', String(port)];
  const found = (line) => (/Application startup complete/.test(line) ? `http://127.0.0.1:${port}` : undefined);
  const env = { ...process.env, ...PYTHON.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: PYTHON.pythonPath.join(':') };
  return withProgram('agl store', agl, args, { found, env }, use);
}

/** It has to be told a port; nobody else takes this one in the meantime, most likely. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** Builds the package unless what is built is newer than all sources. */
async function build() {
  const source = join(root, 'src');
  const files = await readdir(source, { recursive: true });
  const changed = Math.max(...(await Promise.all(files.map(async (file) => (await stat(join(source, file))).mtimeMs))));
  const built = await stat(join(root, 'dist/lightning.js')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (built < changed) await run(process.execPath, ['scripts/build.mjs'], { cwd: root });
}
