import { concatMap, from, map, of, reduce, type Observable } from 'rxjs';
import { queryRolloutsRequest } from '../../codecs/lightning/requests/rollouts.js';
import { chunksOf } from './chunks.js';
import type { Store } from './store.js';

/** The most ids of one search. */
const MAX_IDS = 1_000;

/** Up to so many rollouts are fetched whole rather than counted. */
const FEW = 16;

/**
 * Those of the ids that the store doesn't know. A search for many ids with room for one rollout costs no more than a
 * count: only where it comes out too small, halves are counted.
 */
export function unknownRollouts(store: Store, ids: readonly string[]): Observable<string[]> {
  return unknownIn(store, chunksOf(ids, MAX_IDS));
}

function unknownIn(store: Store, parts: readonly (readonly string[])[]): Observable<string[]> {
  return from(parts).pipe(
    concatMap((part) => among(store, part)),
    reduce((unknown: string[], more) => unknown.concat(more), []),
  );
}

function among(store: Store, ids: readonly string[]): Observable<readonly string[]> {
  return store.command(queryRolloutsRequest({ rolloutIdIn: ids, limit: 1 })).pipe(
    concatMap(({ total }) => {
      if (total >= ids.length) return of([]);
      if (total === 0) return of(ids);
      return ids.length <= FEW ? missing(store, ids) : unknownIn(store, chunksOf(ids, Math.ceil(ids.length / 2)));
    }),
  );
}

function missing(store: Store, ids: readonly string[]): Observable<readonly string[]> {
  return store.command(queryRolloutsRequest({ rolloutIdIn: ids })).pipe(
    map(({ items }) => {
      const known = new Set(items.map(({ rolloutId }) => rolloutId));
      return ids.filter((id) => !known.has(id));
    }),
  );
}
