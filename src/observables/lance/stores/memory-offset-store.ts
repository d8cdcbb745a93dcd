import { defer, of, type Observable } from 'rxjs';
import type { OffsetKey, OffsetStore } from './offset-store.js';

/**
 * Positions in memory, gone with the process.
 *
 * @example
 * import { LanceClient, MemoryOffsetStore } from 'sluice/lance';
 * const lance = new LanceClient({ offsetStore: new MemoryOffsetStore() });
 */
export class MemoryOffsetStore implements OffsetStore {
  private readonly offsets = new Map<string, bigint>();

  load(key: OffsetKey): Observable<bigint | undefined> {
    return defer(() => of(this.offsets.get(nameOf(key))));
  }

  save(key: OffsetKey, offset: bigint): Observable<void> {
    return defer(() => {
      this.offsets.set(nameOf(key), offset);
      return of(undefined);
    });
  }

  delete(key: OffsetKey): Observable<void> {
    return defer(() => {
      this.offsets.delete(nameOf(key));
      return of(undefined);
    });
  }
}

function nameOf({ consumer, topicId, topicName }: OffsetKey): string {
  return JSON.stringify([consumer, topicName ?? topicId]);
}
