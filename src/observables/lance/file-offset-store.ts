import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { SluiceError } from '../../foundation/errors.js';
import type { OffsetKey, OffsetStore } from './offset-store.js';

/** A position could not be read or written. */
export class OffsetStoreError extends SluiceError {
  static override readonly code: string = 'LANCE_OFFSET_STORE';
}

/**
 * Positions in files, one per consumer and topic, in the form of `lnc-client` 0.2.9; files of 0.1.0 are read too
 * (lance.md 7.8, 16.4). A file is replaced whole and synced, so that a crash leaves the old or the new position.
 *
 * @example
 * import { FileOffsetStore, LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new FileOffsetStore('/var/lib/lance/offsets') });
 */
export class FileOffsetStore implements OffsetStore {
  constructor(readonly directory: string) {}

  load(key: OffsetKey): Observable<bigint | undefined> {
    return defer(() => this.read(key));
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return defer(() => this.write(key, offset));
  }

  delete(key: OffsetKey): Observable<void> {
    return defer(async () => {
      for (const path of this.paths(key)) await rm(path, { force: true });
    });
  }

  private async read(key: OffsetKey): Promise<bigint | undefined> {
    for (const path of this.paths(key)) {
      const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return undefined;
        throw new OffsetStoreError(`${path}: ${cause.message}`, { cause, context: { path } });
      });
      if (text !== undefined) return offsetIn(text, path);
    }
    return undefined;
  }

  private async write(key: OffsetKey, offset: bigint): Promise<void> {
    const [path] = this.paths(key);
    const temporary = path.replace(/\.offset$/, '.tmp');
    try {
      await mkdir(this.directory, { recursive: true });
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(contentOf(key, offset));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new OffsetStoreError(`${path}: ${message}`, { cause, context: { path } });
    }
  }

  /** The file that is written, then the one that 0.1.0 would have written. */
  private paths({ consumer, topicId, topicName }: OffsetKey): [string, ...string[]] {
    const name = consumer.replaceAll(/[/\\]/g, '_');
    const byId = join(this.directory, `${name}_${topicId}.offset`);
    return topicName === undefined ? [byId] : [join(this.directory, `${name}_${topicName}.offset`), byId];
  }
}

/** Only the position is read; a regular expression, because JSON.parse would round a large one. */
function offsetIn(text: string, path: string): bigint {
  const digits = /"offset":\s*(\d+)/.exec(text)?.[1];
  if (digits === undefined) throw new OffsetStoreError(`${path} holds no offset`, { context: { path, text } });
  return BigInt(digits);
}

/** As Python's `json.dumps` writes it, for the eyes of the other client. */
function contentOf({ consumer, topicId, topicName }: OffsetKey, offset: bigint): string {
  const topic = topicName === undefined ? 'null' : pythonString(topicName);
  return `{"consumer": ${pythonString(consumer)}, "topic_id": ${topicId}, "topic_name": ${topic}, "offset": ${offset}}`;
}

function pythonString(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
