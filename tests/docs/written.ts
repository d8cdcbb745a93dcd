import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snippet } from './snippets.js';

const CACHE = join(__dirname, '../../.cache');

/** Snippets as modules of their own, inside the project so that `sluice` means this one. */
export class Written {
  readonly folder: string;

  constructor() {
    mkdirSync(CACHE, { recursive: true });
    this.folder = mkdtempSync(join(CACHE, 'examples-'));
  }

  /** Returns the path of the module. */
  write({ name, code }: Snippet, extension = 'ts'): string {
    const file = join(this.folder, `${name.replaceAll(/\W+/g, '-')}.${extension}`);
    writeFileSync(file, `${code}\nexport {};\n`);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
