import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The public entries, as their files are named. */
export const entries = ['index', 'lance', 'flo', 'lightning', 'embedded', 'testing'];

/** Where the built file is. */
export function built(file: string): string {
  const path = resolve(root, 'dist', file);
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run build`);
  return path;
}

/** What a fresh process of plain Node prints as JSON when it runs the ES module `script`. */
export function runNode(script: string): unknown {
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(output);
}
