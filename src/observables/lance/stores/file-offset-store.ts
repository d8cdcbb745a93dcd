import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { objectOf, parseJson, u64Of } from '../../../codecs/lance/json-u64.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey, OffsetStore } from './offset-store.js';

/**
 * Positions in files, one per consumer and topic, in the form of `lnc-client` 0.2.9; files of 0.1.0 are read too
 * (lance.md 7.8, 16.4). A file is replaced whole and synced, so that a crash leaves the old or the new position.
 *
 * @example
 * import { FileOffsetStore, LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new FileOffsetStore('/var/lib/lance/offsets') });
 */
export class FileOffsetStore implements OffsetStore {
  /** The last thing that is to be done with each file; one at a time. */
  private readonly busy = new Map<string, Promise<unknown>>();

  constructor(readonly directory: string) {}

  load(key: OffsetKey): Observable<bigint | undefined> {
    return this.inTurn(key, () => this.read(key));
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return this.inTurn(key, () => this.write(key, offset));
  }

  delete(key: OffsetKey): Observable<void> {
    return this.inTurn(key, async () => {
      for (const path of this.paths(key)) await rm(path, { force: true });
    });
  }

  private inTurn<T>(key: OffsetKey, act: () => Promise<T>): Observable<T> {
    const [path] = this.paths(key);
    return defer(() => {
      const turn = (this.busy.get(path) ?? Promise.resolve()).then(act, act);
      this.busy.set(path, turn);
      const done = (): void => {
        if (this.busy.get(path) === turn) this.busy.delete(path);
      };
      turn.then(done, done);
      return turn;
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

/** Only the position is read, and only from a file that is whole. */
function offsetIn(text: string, path: string): bigint {
  try {
    return u64Of(objectOf(parseJson(text)), 'offset');
  } catch (cause) {
    throw new OffsetStoreError(`${path} holds no offset`, { cause, context: { path, text } });
  }
}

/** As Python's `json.dumps` writes it, for the eyes of the other client. */
function contentOf({ consumer, topicId, topicName }: OffsetKey, offset: bigint): string {
  const topic = topicName === undefined ? 'null' : pythonString(topicName);
  return `{"consumer": ${pythonString(consumer)}, "topic_id": ${topicId}, "topic_name": ${topic}, "offset": ${offset}}`;
}

function pythonString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
