import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { DataDirInUseError } from '../../errors.js';
import { onDisk } from './files.js';

/** Folders that servers of this process use. */
const ours = new Set<string>();

/** Says which process uses a folder. What a process leaves behind that was killed counts for nothing. */
export class FolderLock {
  readonly #folder: string;
  readonly #path: string;

  /** @throws DataDirInUseError, StorageError */
  constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
    if (ours.has(folder)) throw inUse(folder, process.pid);
    onDisk(path, () => this.#take());
    ours.add(folder);
  }

  release(): void {
    ours.delete(this.#folder);
    onDisk(this.#path, () => rmSync(this.#path, { force: true }));
  }

  #take(): void {
    for (;;) {
      try {
        const fd = openSync(this.#path, 'wx');
        writeSync(fd, `${process.pid} ${startOf(process.pid)}\n`);
        return closeSync(fd);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = runningHolder(this.#path);
      if (holder !== undefined) throw inUse(this.#folder, holder);
      rmSync(this.#path, { force: true });
    }
  }
}

function inUse(path: string, pid: number): DataDirInUseError {
  return new DataDirInUseError(`${path} is in use by the server in process ${pid}`, { context: { path, pid } });
}

/** The process that holds the lock, if it still runs; ours does not hold what it does not know of. */
function runningHolder(path: string): number | undefined {
  const [pid = 0, start = ''] = readFileSync(path, 'utf8').trim().split(' ');
  const holder = Number(pid);
  if (!Number.isInteger(holder) || holder <= 0 || holder === process.pid || !runs(holder)) return undefined;
  // The system gives the number of a process that has ended to others.
  return startOf(holder) === start ? holder : undefined;
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
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
