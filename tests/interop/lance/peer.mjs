import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../child.mjs';
import { environment } from '../python.mjs';
import { withServer } from '../served.mjs';
import { session } from '../session.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const CLIENT = 'lnc-client==0.2.9';
const PACKAGES = [CLIENT, 'pytest==9.*', 'pytest-asyncio==1.*', 'pytest-timeout==2.*'];
/** Measured with the genuine server, the benchmark included. */
const SUITE_BASELINE = 227;

/** The published client, in a session of ours and with its own test-suite from the source release. */
export async function lncClient(cache) {
  const folder = join(cache, 'lnc-client');
  const source = async (pip) => {
    await pip(['download', '--no-deps', '--no-binary', 'lnc-client', '--dest', folder, CLIENT]);
    await run('tar', ['-xzf', join(folder, 'lnc_client-0.2.9.tar.gz'), '-C', folder]);
  };
  const python = await environment(folder, PACKAGES, { more: source });
  const title = 'lnc-client 0.2.9 with sluice serve lance';
  const own = await withServer('lance', (address) => session(title, python, [join(here, 'session.py'), address]));
  const suite = await withServer('lance', (address) => ownSuite(python, join(folder, 'lnc_client-0.2.9'), address));
  return own + suite;
}

async function ownSuite(python, suite, address) {
  console.log("interop: lnc-client's own test-suite");
  const plugins = ['-p', 'lnc_client_suite', '-p', 'no:cacheprovider'];
  const args = ['-m', 'pytest', '-q', ...plugins, '-W', 'ignore::DeprecationWarning', '--timeout=60'];
  const output = await run(python, args, {
    cwd: suite,
    withinMs: 180_000,
    env: {
      ...process.env,
      PYTHONPATH: here,
      PYTHONDONTWRITEBYTECODE: '1',
      LANCE_TEST_ADDR: address,
      LANCE_RUN_BENCHMARK: '1',
    },
  });
  const summary = output.findLast((line) => /\d+ passed/.test(line)) ?? 'no summary';
  console.log(`  ${summary}`);
  if (!new RegExp(`\\b${SUITE_BASELINE} passed in `).test(summary)) {
    throw new Error(`expected ${SUITE_BASELINE} passed and nothing else, got: ${summary}`);
  }
  return SUITE_BASELINE;
}
