import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onDisk, readFully, writeFully } from './files.js';

/** A stretch of a {@link SpillFile}. */
export interface Extent {
  readonly at: number;
  readonly bytes: number;
}

/** Extents begin and end at multiples of this. */
const GRAIN = 4096;
/** Between a size and twice that size. Fewer waste more of each stretch; with more, what is freed fits less often. */
const SIZES = 8;

/** Closes the files of servers that nobody stopped. */
const unheld = new FinalizationRegistry<number>((fd) => closeSync(fd));

/**
 * Where topics go that do not fit into memory: one file in the system's folder for temporary files. It is deleted as
 * soon as it is open, so that nothing is left behind, whatever becomes of the process; where the system does not allow
 * that, when the process exits. Freed stretches are used again.
 */
export class SpillFile {
  readonly #path: string;
  readonly #fd: number;
  /** Free stretches, by size. */
  readonly #free = new Map<number, number[]>();
  #end = 0;
  #used = 0;

  constructor() {
    const folder = onDisk(tmpdir(), () => mkdtempSync(join(tmpdir(), 'sluice-lance-')));
    this.#path = join(folder, 'topics');
    this.#fd = onDisk(this.#path, () => openSync(this.#path, 'wx+', 0o600));
    unheld.register(this, this.#fd);
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    try {
      remove();
    } catch {
      process.once('exit', () => {
        closeSync(this.#fd);
        remove();
      });
    }
  }

  /** How many bytes of the disk it takes. */
  get bytes(): number {
    return this.#end;
  }

  /** Throws `StorageError`; then nothing has changed. */
  write(bytes: Uint8Array): Extent {
    const size = sizeOf(bytes.length);
    const free = this.#free.get(size);
    const at = free?.at(-1) ?? this.#end;
    onDisk(this.#path, () => writeFully(this.#fd, bytes, at));
    if (at === this.#end) this.#end += size;
    else free?.pop();
    this.#used += size;
    return { at, bytes: bytes.length };
  }

  /** The bytes from `from` to `to` of an extent. */
  read(extent: Extent, from: number, to: number): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    onDisk(this.#path, () => readFully(this.#fd, bytes, extent.at + from));
    return bytes;
  }

  free({ at, bytes }: Extent): void {
    const size = sizeOf(bytes);
    this.#used -= size;
    if (this.#used === 0) return this.#empty();
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [at]);
    else free.push(at);
  }

  #empty(): void {
    this.#free.clear();
    this.#end = 0;
    onDisk(this.#path, () => ftruncateSync(this.#fd, 0));
  }
}

/** How much of the file so many bytes take. There are few sizes, so that freed stretches fit what comes later. */
function sizeOf(bytes: number): number {
  const grain = Math.max(GRAIN, 2 ** Math.floor(Math.log2(Math.max(1, bytes))) / SIZES);
  return Math.ceil(bytes / grain) * grain;
}
