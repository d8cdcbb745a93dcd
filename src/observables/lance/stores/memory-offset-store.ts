import { defer, of, type Observable } from 'rxjs';
import { checkStored } from './check-stored.js';
import { keyText } from './key-text.js';
import type { OffsetKey, OffsetStore, StoredOffset } from './offset-store.js';
import { checkSameTopic } from './stale-position-error.js';

/**
 * Positions in memory, gone with the process.
 *
 * @example
 * import { LanceClient, MemoryOffsetStore } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new MemoryOffsetStore() });
 */
export class MemoryOffsetStore implements OffsetStore {
  private readonly offsets = new Map<string, StoredOffset>();

  /** Emits the position, or undefined. Errors with {@link StalePositionError}. */
  load(key: OffsetKey): Observable<bigint | undefined> {
    return defer(() => {
      const stored = this.offsets.get(keyText(key));
      if (stored !== undefined) checkSameTopic(key, stored.offset, stored);
      return of(stored?.offset);
    });
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return defer(() => {
      this.offsets.set(keyText(key), { ...key, offset: checkStored(offset) });
      return of(undefined);
    });
  }

  delete(key: OffsetKey): Observable<void> {
    return defer(() => {
      this.offsets.delete(keyText(key));
      return of(undefined);
    });
  }

  /** Emits all positions, in the order in which they were first stored. */
  list(): Observable<StoredOffset[]> {
    return defer(() => of([...this.offsets.values()]));
  }
}
