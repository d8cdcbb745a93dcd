import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './child.mjs';

const CLIENT = 'lnc-client==0.2.9';
const PACKAGES = [CLIENT, 'pytest==9.*', 'pytest-asyncio==1.*', 'pytest-timeout==2.*'];

/**
 * The published Python client in a virtual environment of its own, with its test-suite from the source release.
 * Made once, then reused until one of the packages above changes.
 */
export async function officialLanceClient(folder) {
  const client = { python: join(folder, 'venv/bin/python'), suite: join(folder, 'lnc_client-0.2.9') };
  const stamp = join(folder, 'made-of.json');
  const wanted = JSON.stringify(PACKAGES);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return client;

  console.log(`interop: making a Python environment in ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet'];
  await run(client.python, [...pip, 'install', ...PACKAGES], { withinMs: 300_000 });
  const source = ['download', '--no-deps', '--no-binary', 'lnc-client', '--dest', folder, CLIENT];
  await run(client.python, [...pip, ...source], { withinMs: 300_000 });
  await run('tar', ['-xzf', join(folder, 'lnc_client-0.2.9.tar.gz'), '-C', folder]);
  await writeFile(stamp, wanted);
  return client;
}
