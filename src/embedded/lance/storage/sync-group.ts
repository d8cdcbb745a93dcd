import { close, fdatasync, fsync, open } from 'node:fs';
import { clock } from '../../../foundation/clock.js';
import { StorageError } from '../../errors.js';

type Then = (failure?: unknown) => void;

/** Brings what was written to the disk itself, for all that wait for it in one go; nobody is held up meanwhile. */
export class SyncGroup {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #waiting: Then[] = [];
  #running = false;

  /** A file was written to. */
  touch(path: string): void {
    this.#files.add(path);
  }

  /** Files came into a folder. */
  touchFolder(path: string): void {
    this.#folders.add(path);
  }

  /** Calls `then` on a later turn, when everything touched so far has reached the disk, or with what went wrong. */
  sync(then: Then): void {
    this.#waiting.push(then);
    if (!this.#running) this.#run();
  }

  #run(): void {
    this.#running = true;
    const waiting = this.#waiting;
    const [files, folders] = [[...this.#files], [...this.#folders]];
    this.#waiting = [];
    this.#files.clear();
    this.#folders.clear();
    let failure: unknown;
    let left = files.length + folders.length;
    const done: Then = (error) => {
      failure ??= error;
      if (--left > 0) return;
      this.#running = false;
      // Those behind them may wait for the same files.
      if (failure !== undefined) waiting.push(...this.#waiting.splice(0));
      for (const then of waiting) then(failure);
      if (this.#waiting.length > 0 && !this.#running) this.#run();
    };
    for (const path of files) {
      syncOne(path, 'r+', (error) => {
        if (error !== undefined) this.#files.add(path);
        done(error);
      });
    }
    // Not every system lets folders be opened; there it is not needed either.
    for (const path of folders) syncOne(path, 'r', () => done());
    if (left === 0) clock.after(0, () => done());
  }
}

function syncOne(path: string, flags: 'r' | 'r+', done: Then): void {
  open(path, flags, (error, fd) => {
    // It has been deleted since.
    if (error?.code === 'ENOENT') return done();
    if (error !== null) return done(StorageError.of(path, error));
    (flags === 'r' ? fsync : fdatasync)(fd, (failure) => {
      close(fd, () => done(failure === null ? undefined : StorageError.of(path, failure)));
    });
  });
}
