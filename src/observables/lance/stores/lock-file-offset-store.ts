import { isAbsolute, join } from 'node:path';
import { defer, type Observable } from 'rxjs';
import { consumerId } from '../../../codecs/lance/consumer-id.js';
import { checkKey, checkStored } from './check-stored.js';
import { filesBelow, folderOf, inTurn, readText, removeFiles, replaceText } from './file-access.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey, OffsetStore, StoredOffset } from './offset-store.js';

const LARGEST = 0xffff_ffff_ffff_ffffn;

/**
 * Positions in the files of the Rust client's `LockFileOffsetStore`, so that a consumer can move from one client to the
 * other (lance.md 7.8): a folder per consumer, in it a file per topic, named after the topic's id and the hash of the
 * consumer's name (7.7), which holds the position in decimal.
 *
 * The Rust client holds `flock` on a `.lock` file while it saves; Node has no such call. Here nothing is locked: each
 * save writes a file with a name of its own, syncs it and renames it over the old one, so that a reader finds the one
 * position or the other, whoever else is writing; the last one to rename wins, as it would with the lock. The file has no
 * room for the time when the topic was made: unlike `FileOffsetStore`, this one can't tell a topic from a later one with the same id.
 *
 * @example
 * import { LanceClient, LockFileOffsetStore } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new LockFileOffsetStore('/var/lib/lance/offsets') });
 */
export class LockFileOffsetStore implements OffsetStore {
  /** The absolute path of the folder that holds those of the consumers; it is made with the first position. */
  readonly directory: string;

  /** @throws {@link InvalidOptionError} if it is no path. */
  constructor(directory: string) {
    this.directory = folderOf(directory);
  }

  /** Emits the position, or undefined. Errors with `OffsetStoreError` naming the file. */
  load(key: OffsetKey): Observable<bigint | undefined> {
    return defer(() => {
      const path = this.path(key);
      return inTurn(path, async () => {
        const text = await readText(path);
        return text === undefined ? undefined : decode(text, path);
      });
    });
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return defer(() => {
      checkStored(offset);
      const path = this.path(key);
      return inTurn(path, () => replaceText(path, `${offset}\n`));
    });
  }

  /** Removes the position, and the lock file that the Rust client may have left beside it. */
  delete(key: OffsetKey): Observable<void> {
    return defer(() => {
      const path = this.path(key);
      return inTurn(path, () => removeFiles(path, path.replace(/\.offset$/, '.lock')));
    });
  }

  /** Emits all positions of all consumers whose files bear the hash of their folder's name. */
  list(): Observable<StoredOffset[]> {
    return defer(() => this.all());
  }

  private async all(): Promise<StoredOffset[]> {
    const found: StoredOffset[] = [];
    for (const file of await filesBelow(this.directory)) {
      const [, consumer = '', topic, id] = /^(.+)\/topic-(\d+)-consumer-(\d+)\.offset$/.exec(file) ?? [];
      if (id !== `${consumerId(consumer)}`) continue;
      const path = join(this.directory, file);
      const text = await readText(path);
      // Gone since the folder was read.
      if (text !== undefined) found.push({ consumer, topicId: Number(topic), offset: decode(text, path) });
    }
    return found;
  }

  private path(key: OffsetKey): string {
    const { consumer, topicId } = checkKey(key);
    const leadsAway = isAbsolute(consumer) || consumer.split(/[/\\]/).some((part) => part === '..' || part === '.');
    if (consumer === '' || leadsAway) {
      throw new OffsetStoreError(`"${consumer}" can't be the name of a folder in ${this.directory}`, {
        context: { consumer, directory: this.directory },
      });
    }
    return join(this.directory, consumer, `topic-${topicId}-consumer-${consumerId(consumer)}.offset`);
  }
}

/** Blanks around the number are fine, as they are with the Rust client. */
function decode(text: string, path: string): bigint {
  const digits = text.trim();
  const offset = /^\+?\d{1,20}$/.test(digits) ? BigInt(digits.replace('+', '')) : undefined;
  if (offset !== undefined && offset <= LARGEST) return offset;
  throw new OffsetStoreError(`${path} holds no offset`, { context: { path, text } });
}
