import { start } from '../child.mjs';
import { withServer } from '../served.mjs';

/**
 * The tests of the official Rust client that need a server, and how many pass with the genuine one: nine more want a
 * cluster of three nodes.
 */
const SUITES = [
  { name: 'library', which: ['--lib'], passed: 26, failed: 0 },
  { name: 'integration', which: ['--test', 'integration'], passed: 37, failed: 9 },
];
const WITHIN_MS = 900_000;

/** Needs cargo, and a checkout of `nitecon/lance`, which is built there. */
export const rustClient = (source) => async () => {
  let checks = 0;
  for (const suite of SUITES) {
    // Their names of topics have underscores.
    checks += await withServer('lance', (address) => hold(suite, source, address), ['--lenient-names']);
  }
  return checks;
};

async function hold({ name, which, passed, failed }, cwd, address) {
  console.log(`interop: ${name} tests of the Rust client with sluice serve lance`);
  const args = ['test', '--release', '-p', 'lnc-client', ...which, '--', '--ignored', '--test-threads=1'];
  const output = [];
  const env = { ...process.env, LANCE_TEST_ADDR: address };
  const { child, ended } = start('cargo', args, { cwd, env, lines: (line) => output.push(line) });
  const timer = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
  const { status } = await ended;
  clearTimeout(timer);
  const summary = output.findLast((line) => line.startsWith('test result: ')) ?? `ended with ${status}`;
  console.log(`  ${summary}`);
  if (!summary.includes(`${passed} passed; ${failed} failed;`)) {
    const wrong = output.filter((line) => line.endsWith(' ... FAILED'));
    throw new Error([`expected ${passed} passed and ${failed} failed`, ...wrong, ...output.slice(-5)].join('\n'));
  }
  return passed;
}
