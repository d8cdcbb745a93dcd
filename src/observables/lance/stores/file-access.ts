import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { nodeCrypto } from '../../../foundation/node-crypto.js';
import { makeFolder } from './make-folder.js';
import { OffsetStoreError } from './offset-store-error.js';

/** The absolute path of a folder that positions are kept in. @throws {@link InvalidOptionError} */
export function folderOf(directory: string, option = 'directory'): string {
  if (typeof directory === 'string' && directory !== '') return resolve(directory);
  throw new InvalidOptionError(option, directory, 'must be the path of a folder');
}

/** The last thing that is to be done with each file of this process; one at a time, whichever store it is of. */
const busy = new Map<string, Promise<unknown>>();

/** What `act` does with the file, when everything that was begun before is done. Cold. */
export function inTurn<T>(path: string, act: () => Promise<T>): Observable<T> {
  return defer(() => {
    const turn = (busy.get(path) ?? Promise.resolve()).then(act, act);
    busy.set(path, turn);
    const done = (): void => {
      if (busy.get(path) === turn) busy.delete(path);
    };
    turn.then(done, done);
    return turn;
  });
}

/** The text of a file, or undefined if there is none. */
export function readText(path: string): Promise<string | undefined> {
  return named(path, () => readFile(path, 'utf8').catch(unlessMissing));
}

/** The names of everything in a folder, in order; nothing if there is no folder. */
export async function filesIn(directory: string): Promise<string[]> {
  return ((await named(directory, () => readdir(directory).catch(unlessMissing))) ?? []).toSorted();
}

/** The same with everything in the folders in it, relative to it and with `/` between them. */
export async function filesBelow(directory: string): Promise<string[]> {
  const files = await named(directory, () => readdir(directory, { recursive: true }).catch(unlessMissing));
  return (files ?? []).map((file) => file.replaceAll('\\', '/')).toSorted();
}

/**
 * Puts a new text in the place of a file, whole and synced: a crash leaves the old one or the new one. What is written
 * first has a name of its own, since several processes may do this with one file at once.
 */
export function replaceText(path: string, text: string): Promise<void> {
  return named(path, async () => {
    const folder = dirname(path);
    // Not longer than the file's own name may be.
    const temporary = join(folder, `${nodeCrypto().randomUUID()}.tmp`);
    await makeFolder(folder);
    try {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
  });
}

export function removeFiles(...paths: readonly string[]): Promise<void> {
  return named(paths[0]!, async () => {
    for (const path of paths) await rm(path, { force: true });
  });
}

async function named<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new OffsetStoreError(problemWith(path, cause), { cause, context: { path } });
  }
}

function problemWith(path: string, cause: unknown): string {
  const { code, message = String(cause) } = cause as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return `offsetDir: ${path} can't be there, a part of that path is a file`;
  // Where something is missing it is made, and read as nothing.
  if (code === 'ENOENT') return `offsetDir: ${path} can't be there, the system makes no folder for it`;
  // Node says the path at the end once more.
  return `${path}: ${message.replace(/, \w+ '.*$/s, '')}`;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
