import { closeSync, openSync, rmSync } from 'node:fs';
import { DataDirInUseError } from '../../../src/embedded/errors.js';
import { FolderLock } from '../../../src/embedded/lance/storage/folder-lock.js';

// A process that takes a folder and gives it back, again and again; it prints how often it had it, and how often not alone.
const [folder = '', inside = ''] = process.argv.slice(2);
let had = 0;
let notAlone = 0;
for (const until = performance.now() + 1500; performance.now() < until;) {
  try {
    const lock = new FolderLock(folder);
    had++;
    try {
      closeSync(openSync(inside, 'wx'));
      rmSync(inside);
    } catch {
      notAlone++;
    }
    lock.release();
  } catch (error) {
    if (!(error instanceof DataDirInUseError)) throw error;
  }
}
process.stdout.write(JSON.stringify({ had, notAlone }));
