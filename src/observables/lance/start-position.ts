import { from as toObservable, type Subscription } from 'rxjs';
import { END_OFFSET } from '../../codecs/lance/requests.js';
import type { LanceError } from '../../codecs/lance/errors.js';
import type { RequestSession } from '../../transports/lance/request-session.js';
import type { OffsetKey, OffsetStore } from './offset-store.js';
import { fetchEnd } from './topic-end.js';

/** Where a read starts. */
export type Start = number | 'end';

/** The stored position, or `otherwise`; a client that saved the sentinel of the end meant the end (lance.md T 53). */
export function loadStart(
  store: OffsetStore,
  key: OffsetKey,
  otherwise: Start,
  found: (start: Start) => void,
  failed: (error: unknown) => void,
): Subscription {
  let stored: bigint | undefined;
  return toObservable(store.load(key)).subscribe({
    next: (offset) => {
      stored = offset;
    },
    error: failed,
    complete: () => found(stored === undefined ? otherwise : stored === END_OFFSET ? 'end' : Number(stored)),
  });
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
  fetchEnd(
    session,
    topicId,
    (end) => found(start === 'end' ? end : start, to === 'end' ? end : to),
    failed,
  );
}
