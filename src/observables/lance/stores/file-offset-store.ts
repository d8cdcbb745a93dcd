import { join } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { checkKey, checkStored } from './check-stored.js';
import { filesIn, folderOf, inTurn, readText, removeFiles, replaceText } from './file-access.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey, OffsetStore, StoredOffset } from './offset-store.js';
import { decodePosition, encodePosition, type StoredPosition } from './position-json.js';
import { checkSameTopic } from './stale-position-error.js';

/**
 * Positions in files, one per consumer and topic, in the form of `lnc-client` 0.2.9; files of 0.1.0 are read too
 * (lance.md 7.8, 16.4). What is added, `created_at`, that client passes over. A file is replaced whole and synced, so
 * that a crash leaves the old or the new position.
 *
 * @example
 * import { FileOffsetStore, LanceClient } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new FileOffsetStore('/var/lib/lance/offsets') });
 */
export class FileOffsetStore implements OffsetStore {
  /** The absolute path of the folder; it is made with the first position. */
  readonly directory: string;

  /** @throws {@link InvalidOptionError} if it is no path. */
  constructor(directory: string) {
    this.directory = folderOf(directory);
  }

  /** Emits the position, or undefined. Errors with {@link StalePositionError}, or `OffsetStoreError` naming the file. */
  load(key: OffsetKey): Observable<bigint | undefined> {
    return inTurn(this.paths(key)[0], () => this.read(key));
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    checkStored(offset);
    const [path] = this.paths(key);
    return inTurn(path, () => replaceText(path, encodePosition(key, offset)));
  }

  /** Removes the files of both clients' forms. */
  delete(key: OffsetKey): Observable<void> {
    const [path, older] = this.paths(key);
    return inTurn(path, async () => {
      await removeFiles(path);
      if (older !== undefined && !(await isOfAnother(older, key))) await removeFiles(older);
    });
  }

  /** Emits all positions of the folder. Errors with `OffsetStoreError` naming the first file that can't be read. */
  list(): Observable<StoredOffset[]> {
    return defer(() => this.all());
  }

  private async read(key: OffsetKey): Promise<bigint | undefined> {
    const paths = this.paths(key);
    const [own] = paths;
    for (const path of paths) {
      const text = await readText(path);
      if (text === undefined) continue;
      const stored = decodePosition(text, path);
      if (path !== own && isForAnother(stored, key)) continue;
      checkOwner(stored, key, path);
      checkSameTopic(key, stored.offset, stored);
      return stored.offset;
    }
    return undefined;
  }

  private async all(): Promise<StoredOffset[]> {
    const found: StoredOffset[] = [];
    for (const file of await filesIn(this.directory)) {
      if (!file.endsWith('.offset')) continue;
      const path = join(this.directory, file);
      const text = await readText(path);
      // Gone since the folder was read.
      if (text !== undefined) found.push(whole(decodePosition(text, path), path));
    }
    return found;
  }

  /** The file that is written, then the one that 0.1.0 would have written. */
  private paths(key: OffsetKey): [string, ...string[]] {
    const { consumer, topicId, topicName } = checkKey(key);
    const pathOf = (topic: string | number): string => {
      return join(this.directory, `${consumer}_${topic}.offset`.replaceAll(/[/\\]/g, '_'));
    };
    return topicName === undefined ? [pathOf(topicId)] : [pathOf(topicName), pathOf(topicId)];
  }
}

/** The file of a topic whose name is the id of this one; 0.1.0 stored no names. */
function isForAnother({ topicName }: Pick<StoredPosition, 'topicName'>, key: OffsetKey): boolean {
  return topicName !== undefined && topicName !== key.topicName;
}

async function isOfAnother(path: string, key: OffsetKey): Promise<boolean> {
  const text = await readText(path);
  try {
    return text !== undefined && isForAnother(decodePosition(text, path), key);
  } catch {
    // Damaged: whose it was is not known, and nobody can read it.
    return false;
  }
}

/** Names that differ only in separators share a file, and so do the topic "7" and the topic with the id 7. */
function checkOwner({ consumer, topicName }: StoredPosition, key: OffsetKey, path: string): void {
  const isOther = consumer !== undefined && consumer !== key.consumer;
  if (!isOther && !isForAnother({ topicName }, key)) return;
  const whose = topicName === undefined ? `"${consumer}"` : `"${consumer}" in topic "${topicName}"`;
  throw new OffsetStoreError(`${path} holds the position of ${whose}`, { context: { path, ...key } });
}

function whole({ consumer, topicId, topicName, createdAt, offset }: StoredPosition, path: string): StoredOffset {
  if (consumer === undefined || topicId === undefined) {
    throw new OffsetStoreError(`${path} does not say whose position it holds`, { context: { path } });
  }
  return {
    consumer,
    topicId,
    ...(topicName === undefined ? {} : { topicName }),
    ...(createdAt === undefined ? {} : { createdAt }),
    offset,
  };
}
