import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const WITHIN_MS = 90_000;

/** Runs a session that prints a line per check and fails with the first that is wrong; resolves with their number. */
export async function session(title, command, args, { env = {}, pythonPath = [] } = {}) {
  console.log(`interop: ${title}`);
  const PYTHONPATH = [here, ...pythonPath].join(':');
  const output = await run(command, args, {
    withinMs: WITHIN_MS,
    echo: true,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH, ...env },
  });
  const checks = output.filter((line) => line.startsWith('  ok: ')).length;
  if (checks === 0) throw new Error(`${title}: nothing was checked`);
  return checks;
}
