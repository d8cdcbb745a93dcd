import { forkJoin, from, map, mergeMap, reduce, tap, type Observable } from 'rxjs';
import type { Attempt, Rollout, Span } from 'sluice/lightning';
import { fateOfAttempt, type Fate } from './fates.js';
import { patiently } from './patience.js';
import type { Stage } from './progress.js';
import type { RolloutInput, Rollouts } from './rollouts.js';
import { flightsIn } from './spans.js';

/** How many rollouts are asked for at once. */
const AT_ONCE = 4;

/** What the store knows of one rollout. */
export interface StoredRollout {
  readonly rollout: Rollout | undefined;
  readonly attempts: readonly Attempt[];
  readonly spans: readonly Span[];
}

/** Reads the run back from the store, rollout after rollout. */
export function findInStore({ store, attempts }: Rollouts, stage: Stage): Observable<FoundInStore> {
  const read = (id: string): Observable<StoredRollout> =>
    forkJoin([store.getRolloutById(id), store.queryAttempts(id), store.querySpans(id)]).pipe(
      patiently(),
      map(([rollout, { items }, spans]) => ({ rollout, attempts: items, spans: spans.items })),
    );
  return from(attempts).pipe(
    mergeMap(([id, handedOut]) => read(id).pipe(map((stored) => ({ stored, handedOut }))), AT_ONCE),
    tap(() => stage.add(1)),
    reduce((found, { stored, handedOut }) => found.add(stored, handedOut), new FoundInStore()),
  );
}

/** What the store says of a run: the sum over its rollouts. */
export class FoundInStore {
  /** The flights that were learned from, by the spans. */
  readonly trained = new Set<number>();
  /** What became of the attempts that the workers were handed. */
  readonly fate = { delivered: 0, acked: 0, nacked: 0, dead: 0, abandoned: 0 } satisfies Fate;
  /** How many flights belong to rollouts that have failed for good. */
  failed = 0;
  /** The rollouts that have not ended. */
  readonly open: string[] = [];

  add({ rollout, attempts, spans }: StoredRollout, handedOut: ReadonlySet<string>): this {
    for (const id of spans.flatMap(flightsIn)) this.trained.add(id);
    if (rollout?.status === 'failed') this.failed += (rollout.input as RolloutInput).flights;
    else if (rollout !== undefined && rollout.endTimeMs === undefined) this.open.push(rollout.rolloutId);
    this.fate.delivered += handedOut.size;
    const ours = attempts.filter(({ attemptId }) => handedOut.has(attemptId));
    for (const attempt of ours) this.fate[fateOfAttempt(rollout, attempt, attempts.at(-1))] += 1;
    return this;
  }
}
