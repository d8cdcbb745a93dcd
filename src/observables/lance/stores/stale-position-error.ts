import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey } from './offset-store.js';

/**
 * The position was stored for a topic that is no more: it was deleted and made anew, under the same name or the same id
 * (lance.md 7.8). It means nothing in the new one. `offsetStore.delete(key)` forgets it.
 */
export class StalePositionError extends OffsetStoreError {
  static override readonly code: string = 'LANCE_STALE_POSITION';
}

/** What a store knows of the topic that a position was stored for; what it does not know can't be wrong. */
export interface StoredFor {
  readonly topicId?: number | undefined;
  readonly createdAt?: bigint | undefined;
}

/** @throws {@link StalePositionError} if the position is one of an earlier topic. */
export function checkSameTopic(key: OffsetKey, offset: bigint, { topicId, createdAt }: StoredFor): void {
  const isOtherId = topicId !== undefined && topicId !== key.topicId;
  const isOtherTime = createdAt !== undefined && key.createdAt !== undefined && createdAt !== key.createdAt;
  if (!isOtherId && !isOtherTime) return;
  const { consumer, topicName = `${key.topicId}` } = key;
  throw new StalePositionError(
    `the position ${offset} of "${consumer}" was stored for an earlier topic "${topicName}", deleted since then`,
    { context: { ...key, offset, storedFor: { topicId, createdAt } } },
  );
}
