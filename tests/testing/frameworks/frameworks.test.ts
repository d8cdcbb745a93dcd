import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { built } from '../../package/run-node.js';

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

const ROOT = join(__dirname, '../../..');
const FIXTURES = 'tests/testing/frameworks/fixtures';

/** How each framework runs one of the files that stand for a user's: they import this package by its name, as it is built. */
const frameworks = {
  vitest: (file: string) => [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--root',
    `${FIXTURES}/vitest`,
    `${file}.spec.ts`,
  ],
  jest: (file: string) => [
    'node_modules/jest/bin/jest.js',
    '--config',
    `${FIXTURES}/jest/jest.config.mjs`,
    `${file}.spec.cjs`,
  ],
  'node:test': (file: string) => ['--test', '--test-reporter=spec', `${FIXTURES}/node-test/${file}.mjs`],
};

function run(args: readonly string[]): Promise<Ended> {
  const { JEST_WORKER_ID: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0' } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** The lines between the first that has `first` in it and the one that has `last`, without what they have in front in common. */
function excerpt(output: string, first: string, last: string): string[] {
  const lines = output.split('\n');
  const start = lines.findIndex((line) => line.includes(first));
  const end = lines.findIndex((line, at) => at >= start && line.includes(last));
  const found = start < 0 || end < 0 ? [] : lines.slice(start, end + 1);
  const indent = Math.min(...found.map((line) => line.search(/\S/)).filter((at) => at >= 0));
  return found.map((line) => line.slice(indent).trimEnd());
}

const RUN_FAILS = [
  'expected  -a-n|',
  'actual    -a-a|',
  '             ^ 3 ms',
  '',
  'expected at 3 ms  n = nacked',
  'came at 3 ms      a = acked b by work',
];
const RECORDING_FAILS = [
  'expected  -a-c|',
  'actual    -a-b|',
  '             ^ 3 ms',
  '',
  'expected at 3 ms  c',
  'came at 3 ms      b',
];

describe.each(Object.entries(frameworks))('the built kit in %s', (name, argsFor) => {
  beforeAll(() => [built('testing.js'), built('testing.cjs')]);

  it('passes where it should', async () => {
    const { status, output } = await run(argsFor('passing'));
    expect(output).toMatch(/\b(2 passed|pass 2)\b/);
    expect(output).not.toMatch(/\b[1-9]\d* failed|fail [1-9]/);
    expect(status).toBe(0);
  }, 120_000);

  it('fails where it should, with the diagrams aligned, at the line of the test', async () => {
    const { status, output } = await run(argsFor('failing'));
    expect(status).toBe(1);
    expect(excerpt(output, 'expected  -a-n|', 'by work')).toEqual(RUN_FAILS);
    expect(excerpt(output, 'expected  -a-c|', 'came at 3 ms      b')).toEqual(RECORDING_FAILS);
    expect(output).toContain(name === 'node:test' ? 'MarbleMismatchError' : 'must not be\n');
    expect(output).toMatch(/failing\.(spec\.ts|spec\.cjs|mjs):1[0-2]:24/);
  }, 120_000);
});
