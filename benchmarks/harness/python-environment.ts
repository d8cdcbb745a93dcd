import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from './terminal.js';

export const PYTHON_CLIENT = 'lnc-client==0.2.9';

const run = promisify(execFile);

/** The Python of a virtual environment with the official client, made once; undefined, and why, where that fails. */
export async function pythonWithClient(
  folder: string,
  progress: Progress,
): Promise<{ readonly python?: string; readonly missing?: string }> {
  const python = join(folder, 'venv/bin/python');
  const stamp = join(folder, PYTHON_CLIENT);
  if (existsSync(stamp)) return { python };
  progress('making a Python environment', folder);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', join(folder, 'venv')]);
    await run(python, ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', PYTHON_CLIENT]);
    await writeFile(stamp, '');
    return { python };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { missing: `the official Python client (${PYTHON_CLIENT}): ${reason}` };
  }
}
