import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../child.mjs';
import { environment } from '../python.mjs';
import { withServer } from '../served.mjs';
import { session } from '../session.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const CLIENT = 'lnc-client==0.2.9';
const PACKAGES = [CLIENT, 'pytest==9.*', 'pytest-asyncio==1.*', 'pytest-timeout==2.*'];
/** Measured with the genuine server, the benchmark included. */
const SUITE_BASELINE = 227;

/** If this is set, all sessions are held with that server instead of `sluice serve lance`. */
const { LANCE_ADDR } = process.env;

/** The published client alone and together with ours, and with its own test-suite from the source release. */
export async function lncClient(cache) {
  const folder = join(cache, 'lnc-client');
  const source = async (pip) => {
    await pip(['download', '--no-deps', '--no-binary', 'lnc-client', '--dest', folder, CLIENT]);
    await run('tar', ['-xzf', join(folder, 'lnc_client-0.2.9.tar.gz'), '-C', folder]);
  };
  const python = await environment(folder, PACKAGES, { more: source });
  const ours = [process.execPath, '--import', 'tsx', join(here, 'client-process.ts')];
  const sessions = [
    ['lnc-client 0.2.9', (title, address) => session(title, python, [join(here, 'session.py'), address])],
    [
      'lnc-client 0.2.9 and our client',
      (title, address) => session(title, python, [join(here, 'both.py'), address, ...ours]),
    ],
    [
      "lnc-client's own test-suite",
      (title, address) => ownSuite(title, python, join(folder, 'lnc_client-0.2.9'), address),
    ],
  ];
  // With our own server they are part of `npm test`.
  if (LANCE_ADDR !== undefined) sessions.push(['our own tests', ownTests]);
  let checks = 0;
  for (const [title, hold] of sessions) checks += await withLance(title, hold);
  return checks;
}

async function withLance(title, hold) {
  if (LANCE_ADDR !== undefined) return hold(`${title} with ${LANCE_ADDR}`, LANCE_ADDR);
  return withServer('lance', (address) => hold(`${title} with sluice serve lance`, address));
}

async function ownSuite(title, python, suite, address) {
  console.log(`interop: ${title}`);
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

/** The rows of docs/lance-mapping.md, each called; those that need faults are left out. */
async function ownTests(title) {
  console.log(`interop: ${title}`);
  const args = ['node_modules/jest/bin/jest.js', '-i', 'tests/lance/mapping'];
  const output = await run(process.execPath, args, { cwd: root, withinMs: 180_000 });
  const summary = output.findLast((line) => line.startsWith('tests: ')) ?? 'no summary';
  console.log(`  ${summary}`);
  return Number(/(\d+) passed, 0 failed/.exec(summary)?.[1] ?? Number.NaN);
}
