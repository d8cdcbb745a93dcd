import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './child.mjs';

const PIP = ['-m', 'pip', '--disable-pip-version-check', '--quiet'];

/**
 * A virtual environment with these requirements, in a folder of its own; resolves with its Python. Made once, then
 * reused until a requirement changes. `more` may put other things there; `flags` go to `pip install`.
 */
export async function environment(folder, requirements, { flags = [], more = async () => {} } = {}) {
  const python = join(folder, 'venv/bin/python');
  const stamp = join(folder, 'made-of.json');
  const wanted = JSON.stringify([...flags, ...requirements]);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return python;

  console.log(`interop: making a Python environment in ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  await run(python, [...PIP, 'install', ...flags, ...requirements], { withinMs: 300_000 });
  await more((args) => run(python, [...PIP, ...args], { withinMs: 300_000 }));
  await writeFile(stamp, wanted);
  return python;
}
