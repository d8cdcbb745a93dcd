// Lets the official Lance client talk to the embedded server: a session of ours, then the client's own test-suite.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, start } from './child.mjs';
import { officialLanceClient } from './official-lance-client.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Measured with the genuine server, the benchmark included. */
const SUITE_BASELINE = 227;

/** Runs `session` with the address of a fresh server, and demands that the server ends cleanly. */
async function withServer(session) {
  let listening;
  const address = new Promise((resolve) => (listening = resolve));
  const complaints = [];
  const lines = (line, out) => {
    const found = /^sluice: lance listening on (.+)$/.exec(line);
    if (out && found !== null) listening(found[1]);
    else complaints.push(line);
  };
  const server = start(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'serve', 'lance', '--port', '0'], {
    cwd: root,
    lines,
  });
  const died = server.ended.then(({ status }) => {
    throw new Error(`the server ended with ${status}: ${complaints.join('\n')}`);
  });
  try {
    await Promise.race([address.then(session), died]);
  } finally {
    died.catch(() => {});
    server.child.kill('SIGTERM');
  }
  const { status } = await server.ended;
  if (status !== 0 || complaints.length > 0) {
    throw new Error(`the server ended with ${status} after SIGTERM: ${complaints.join('\n')}`);
  }
}

async function ownSession({ python }, address) {
  console.log(`interop: lnc-client 0.2.9 with sluice serve lance on ${address}`);
  await run(python, [join(here, 'lance_official_client.py'), address], { withinMs: 90_000, echo: true });
}

async function ownSuite({ python, suite }, address) {
  console.log("interop: the client's own test-suite");
  const args = [
    '-m',
    'pytest',
    '-q',
    '-p',
    'lnc_client_suite',
    '-p',
    'no:cacheprovider',
    '-W',
    'ignore::DeprecationWarning',
    '--timeout=60',
  ];
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
}

try {
  const client = await officialLanceClient(join(root, '.cache/interop/lance'));
  await withServer((address) => ownSession(client, address));
  await withServer((address) => ownSuite(client, address));
  console.log('interop: 2 passed, 0 failed');
} catch (error) {
  console.error(`interop: FAILED: ${error.message}`);
  // Whatever may still be running ends with this process.
  process.exit(1);
}
