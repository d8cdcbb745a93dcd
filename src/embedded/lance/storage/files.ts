import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { StorageError } from '../../errors.js';

/** Runs what touches the disk; what goes wrong is a {@link StorageError} about `path`. */
export function onDisk<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw StorageError.of(path, error);
  }
}

/** Writes all of `bytes` at `position`. */
export function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** Fills `target` with what lies at `position`. Throws if there is not as much. */
export function readFully(fd: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length;) {
    const count = readSync(fd, target, done, target.length - done, position + done);
    if (count === 0) throw new Error(`it ends at byte ${position + done}, where there should be more`);
    done += count;
  }
}

/** What a server may keep open at once; it is a small part of what systems allow a process. */
const MOST_OPEN = 128;

/** Files that are opened when they are used, the longest unused ones being closed for it. */
export class OpenFiles {
  readonly #open = new Map<string, number>();

  /** Appends or overwrites, and makes the file if there is none. */
  write(path: string, bytes: Uint8Array, position: number): void {
    onDisk(path, () => writeFully(this.#use(path), bytes, position));
  }

  read(path: string, target: Uint8Array, position: number): void {
    onDisk(path, () => readFully(this.#use(path), target, position));
  }

  truncate(path: string, length: number): void {
    onDisk(path, () => ftruncateSync(this.#use(path), length));
  }

  /** Closes a file that is about to be deleted. */
  forget(path: string): void {
    const fd = this.#open.get(path);
    if (fd === undefined) return;
    this.#open.delete(path);
    closeSync(fd);
  }

  close(): void {
    for (const path of this.#open.keys()) this.forget(path);
  }

  #use(path: string): number {
    const known = this.#open.get(path);
    const fd = known ?? openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    // A Map keeps the order in which keys came: used last stands last.
    if (known !== undefined) this.#open.delete(path);
    this.#open.set(path, fd);
    const [longestUnused] = this.#open.size > MOST_OPEN ? this.#open.keys() : [];
    if (longestUnused !== undefined) this.forget(longestUnused);
    return fd;
  }
}
