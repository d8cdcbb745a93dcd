// The parts of `npm run check`, as many at a time as there are cores. Prints what failed; exits 1 if anything did.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['src', 'tests', 'marble-tests', 'benchmarks', 'examples', 'soak', 'fuzz'];

const parts = [
  { name: 'format', module: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint', module: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings'] },
  {
    name: 'dependency rule',
    module: 'dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['--output-type', 'err', ...folders],
  },
  { name: 'unused code', module: 'knip/bin/knip.js', args: [] },
  { name: 'types', module: 'typescript/bin/tsc', args: ['-p', '.', '--pretty', 'false'] },
];

const secondsSince = (start) => ((performance.now() - start) / 1000).toFixed(1);

function run({ name, module, args }) {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`node_modules/${module}`, ...args], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => {
      const passed = status === 0;
      console.log(`check: ${name}: ${passed ? 'passed' : 'FAILED'} (${secondsSince(start)} s)`);
      if (!passed) console.log(output.trimEnd());
      resolve(passed);
    });
  });
}

const start = performance.now();
const waiting = [...parts];
const outcomes = [];
async function worker() {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) outcomes.push(await run(part));
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), parts.length) }, worker));
const failed = outcomes.filter((passed) => !passed).length;
console.log(`check: ${parts.length - failed} passed, ${failed} failed (${secondsSince(start)} s)`);
process.exitCode = failed === 0 ? 0 : 1;
