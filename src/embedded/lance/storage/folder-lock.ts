import { closeSync, openSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirInUseError, StorageError } from '../../errors.js';
import { onDisk } from './files.js';

/**
 * A process, when it began, and what the folder is to the system, which a copy of it is not. Being said by the name of a
 * file, it is there whole or not at all, and needs no room on the disk.
 */
const LOCK_FILE = /^lock-(\d+)-(\d*)(?:-\d+)?$/;

/** Folders that servers of this process use. */
const ours = new Set<string>();

/** Says which process uses a folder. What a process leaves behind that was killed counts for nothing. */
export class FolderLock {
  readonly #folder: string;
  readonly #path: string;

  /** @throws DataDirInUseError, StorageError */
  constructor(folder: string) {
    this.#folder = onDisk(folder, () => realpathSync(folder));
    const { ino } = onDisk(folder, () => statSync(folder, { bigint: true }));
    const start = startOf(process.pid);
    const name = `lock-${process.pid}-${start}-${ino}`;
    this.#path = join(folder, name);
    // Where the system does not say when processes begin, a dead one may have left it.
    if (ours.has(this.#folder) || !claims(folder, this.#path, start === '')) throw inUse(folder, process.pid);
    // Ours is there before we look for others: of two processes that begin together, at least one sees the other.
    try {
      const holder = onDisk(folder, () => otherHolder(folder, name));
      if (holder !== undefined) throw inUse(folder, holder);
    } catch (error) {
      this.release();
      throw error;
    }
    ours.add(this.#folder);
  }

  release(): void {
    ours.delete(this.#folder);
    onDisk(this.#path, () => rmSync(this.#path, { force: true }));
  }
}

/** Whether a file in a folder is about who uses it. */
export function isLockFile(name: string): boolean {
  return LOCK_FILE.test(name);
}

function inUse(path: string, pid: number): DataDirInUseError {
  return new DataDirInUseError(`${path} is in use by the server in process ${pid}`, { context: { path, pid } });
}

/** Puts our file there; false if another thread of this process has. Without one of ours it is the folder that is wrong. */
function claims(folder: string, path: string, anyway: boolean): boolean {
  try {
    closeSync(openSync(path, anyway ? 'w' : 'wx'));
    return true;
  } catch (cause) {
    const { code: errno = String(cause) } = cause as NodeJS.ErrnoException;
    if (errno === 'EEXIST') return false;
    const message = `${folder}: must be a folder that files can be made in (${errno})`;
    throw new StorageError(message, { cause, context: { path: folder, errno } });
  }
}

/** Another process that uses the folder and runs; what others have left is cleared away. */
function otherHolder(folder: string, own: string): number | undefined {
  for (const name of readdirSync(folder)) {
    const [, pid, start] = (name !== own && LOCK_FILE.exec(name)) || [];
    if (pid === undefined) continue;
    // The system gives the number of a process that has ended to others.
    // One of ours is about a folder that this is a copy of.
    const isAnother = Number(pid) !== process.pid;
    if (isAnother && runs(Number(pid)) && startOf(Number(pid)) === start) return Number(pid);
    rmSync(join(folder, name), { force: true });
  }
  return undefined;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in units of the system; empty where the system does not say. */
function startOf(pid: number): string {
  try {
    // The name of the program, in parentheses, may have spaces.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    // One that was killed stays on the list until its parent has looked, and in many a container nobody does.
    return state === 'Z' ? 'ended' : (fields[18] ?? '');
  } catch {
    return '';
  }
}
