import { concat, defer, EMPTY, type Observable, type Subscription } from 'rxjs';
import { END_OFFSET } from '../../../codecs/lance/requests.js';
import type { LanceError } from '../../../codecs/lance/errors.js';
import type { RequestSession } from '../../../transports/lance/request-session.js';
import { notePromise } from '../../delivery/witness.js';
import { OffsetStoreError } from '../stores/offset-store-error.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';
import { fetchEnd } from './topic-end.js';

/** Where a read starts. */
export type Start = number | 'end';

/** What other clients have stored that never read anything from the end on (lance.md T 24, T 53). */
const ENDS = [END_OFFSET, 2n ** 63n - 1n];

/** The stored position, or `otherwise`; loaded when `before` completes. */
export function loadStart(
  store: OffsetStore,
  key: OffsetKey,
  otherwise: Start,
  found: (start: Start) => void,
  failed: (error: unknown) => void,
  before: Observable<never> = EMPTY,
): Subscription {
  let stored: bigint | undefined;
  const loaded = defer(() => notePromise('OffsetStore: load', store.load(key)));
  return concat(before, loaded).subscribe({
    next: (offset) => {
      stored = offset;
    },
    error: failed,
    complete: () => {
      if (stored === undefined) found(otherwise);
      else if (ENDS.includes(stored)) found('end');
      else if (isPosition(stored)) found(Number(stored));
      else
        failed(new OffsetStoreError(`the stored position ${String(stored)} is none`, { context: { ...key, stored } }));
    },
  });
}

/** Stores of users may have no types: what is compared only, null or an empty text would be the beginning. */
function isPosition(stored: bigint | number): boolean {
  const isWhole = typeof stored === 'bigint' || Number.isSafeInteger(stored);
  return isWhole && stored >= 0 && stored <= Number.MAX_SAFE_INTEGER;
}

/** Turns both ends of a read into offsets, asking the server at most once. */
export function resolveBounds(
  session: RequestSession,
  topicId: number,
  start: Start,
  to: Start | undefined,
  found: (start: number, to: number | undefined) => void,
  failed: (error: LanceError) => void,
): void {
  if (start !== 'end' && to !== 'end') return found(start, to);
  fetchEnd(session, topicId, (end) => found(start === 'end' ? end : start, to === 'end' ? end : to), failed);
}
