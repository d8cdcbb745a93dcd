import { defer, mergeMap, of, tap, throwError, timer, type Observable } from 'rxjs';
import type { AttemptedRollout, Rollout } from 'sluice/lightning';
import { patiently } from './patience.js';
import type { Rollouts } from './rollouts.js';

/** The store's queue may be empty for a moment, while somebody else's answer is on its way. */
const PAUSE_MS = 10;

/**
 * Emits the rollout of a mini-batch with its attempt, ready to be worked on, or as it has ended.
 *
 * The queue says which mini-batch is ours, the store hands out its rollouts in its own order. So ours may have been
 * handed to another worker, whose mini-batch is a different one: then it is `preparing`, and we take it up. An answer
 * that was lost on its way here looks the same.
 */
export function claim(rollouts: Rollouts, rolloutId: string, workerId: string): Observable<Rollout> {
  const { store } = rollouts;
  const dequeue = defer(() => store.dequeueRollout({ workerId })).pipe(
    patiently(),
    tap((handed) => handed !== undefined && rollouts.handedOut(handed)),
  );
  const lookUp = (queueIsEmpty: boolean): Observable<Rollout> =>
    store.getRolloutById(rolloutId).pipe(
      patiently(),
      mergeMap((rollout) => {
        if (rollout === undefined) return throwError(() => new Error(`The store has lost the rollout ${rolloutId}.`));
        if (isQueued(rollout)) return queueIsEmpty ? timer(PAUSE_MS).pipe(mergeMap(attempt)) : attempt();
        if (isAttempted(rollout)) rollouts.handedOut(rollout);
        return of(rollout);
      }),
    );
  const attempt = (): Observable<Rollout> =>
    dequeue.pipe(mergeMap((handed) => (handed?.rolloutId === rolloutId ? of(handed) : lookUp(handed === undefined))));
  return attempt();
}

/** Whether somebody has been asked to work on it. */
export function isAttempted(rollout: Rollout): rollout is AttemptedRollout {
  return rollout.attempt !== undefined;
}

function isQueued({ status }: Rollout): boolean {
  return status === 'queuing' || status === 'requeuing';
}
