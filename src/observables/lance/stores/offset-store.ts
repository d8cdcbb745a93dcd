import type { ObservableInput } from 'rxjs';

/** Whose position: stores written by other clients go by the topic's id or its name. */
export interface OffsetKey {
  /** The consumer's name. */
  readonly consumer: string;
  readonly topicId: number;
  /** Known when the topic was asked for by name. */
  readonly topicName?: string;
  /**
   * When the topic was made, in seconds of Unix time. A store that keeps it can tell that a position is one of an
   * earlier topic of the same name or id, and says so with a {@link StalePositionError}.
   */
  readonly createdAt?: bigint;
}

/** A position, and whose it is. */
export interface StoredOffset extends OffsetKey {
  /** A byte offset in the topic (lance.md 7.2). */
  readonly offset: bigint;
}

/**
 * Where positions are kept. Each call returns an Observable, promise or array; what it emits counts when it completes.
 *
 * @example
 * import type { OffsetStore } from 'sluice/lance';
 * const kept = new Map<string, bigint>();
 * const store: OffsetStore = {
 *   load: ({ consumer, topicId }) => [kept.get(`${consumer}/${topicId}`)],
 *   save: ({ consumer, topicId }, offset) => [kept.set(`${consumer}/${topicId}`, offset)],
 *   delete: ({ consumer, topicId }) => [kept.delete(`${consumer}/${topicId}`)],
 * };
 */
export interface OffsetStore {
  /** Emits the position, or undefined where there is none. */
  load(key: OffsetKey): ObservableInput<bigint | undefined>;
  save(key: OffsetKey, offset: bigint): ObservableInput<unknown>;
  delete(key: OffsetKey): ObservableInput<unknown>;
  /** Emits all positions as one array. Nothing in this library needs it: it is for those who look after positions. */
  list?(): ObservableInput<readonly StoredOffset[]>;
}
