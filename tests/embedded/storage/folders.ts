import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** An empty folder that is gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  made.push(folder);
  return folder;
}

/** What says in a data folder who uses it. */
export function lockFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('lock'));
}

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
