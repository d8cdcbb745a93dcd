import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../../errors.js';

/**
 * Makes a folder if there is none, and those above it. One after the other: told to make all of them, Node never comes
 * back from where the system makes none, as in `/proc`.
 *
 * @throws StorageError
 */
export function makeFolder(path: string): void {
  make(path, path);
}

function make(folder: string, wanted: string): void {
  const above = dirname(folder);
  let cause = failure(folder);
  if (cause?.code === 'ENOENT' && above !== folder) {
    make(above, wanted);
    cause = failure(folder);
  }
  if (cause === undefined) return;
  const errno = cause.code ?? cause.message;
  const file = lowestThere(folder);
  const problem = isFolder(file) ? `${folder} can not be made (${errno})` : `${file} is a file`;
  throw new StorageError(`${wanted}: must be a folder, and ${problem}`, { cause, context: { path: wanted, errno } });
}

/** Why it can't be made; undefined if it is there now, whoever made it. */
function failure(folder: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(folder);
    return undefined;
  } catch (error) {
    return isFolder(folder) ? undefined : (error as NodeJS.ErrnoException);
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function lowestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : lowestThere(dirname(path));
}
