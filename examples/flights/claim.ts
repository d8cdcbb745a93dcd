import { mergeMap, of, tap, throwError, timer, type Observable } from 'rxjs';
import type { AttemptedRollout, Rollout } from 'sluice/lightning';
import { patiently } from './patience.js';
import type { Rollouts } from './rollouts.js';

/** Our rollout is in the store's queue, and the queue is empty: somebody is just being handed it. */
const PAUSE_MS = 10;

/**
 * Emits the rollout of a mini-batch with the attempt to be made, or as it has ended.
 *
 * The message says which mini-batch is ours; the store hands out rollouts in its own order. One that we are handed for
 * another worker is his to find, as ours may have been handed to him: then it is `preparing`, and we take it up. So is
 * one that was handed out in an answer that got lost. The workers claim in turn: between our look at a rollout that is to
 * be tried again and our new attempt, nobody else may be handed it.
 */
export function claim(rollouts: Rollouts, rolloutId: string, workerId: string): Observable<Rollout> {
  const { store } = rollouts;
  const lookUp = (): Observable<Rollout> =>
    store.getRolloutById(rolloutId).pipe(
      patiently(),
      mergeMap((rollout) => {
        if (rollout === undefined) return throwError(() => new Error(`The store has lost the rollout ${rolloutId}.`));
        if (rollout.status === 'queuing') return dequeue();
        if (rollout.status === 'requeuing') return tryAgain();
        if (isAttempted(rollout)) rollouts.handedOut(rollout);
        return of(rollout);
      }),
    );
  const dequeue = (): Observable<Rollout> =>
    store.dequeueRollout({ workerId }).pipe(
      patiently(),
      tap((handed) => handed !== undefined && rollouts.handedOut(handed)),
      mergeMap((handed) => {
        if (handed?.rolloutId === rolloutId) return of(handed);
        return handed === undefined ? timer(PAUSE_MS).pipe(mergeMap(lookUp)) : lookUp();
      }),
    );
  // In the queue it stands behind all others now, but this is its turn.
  const tryAgain = (): Observable<Rollout> =>
    store.startAttempt(rolloutId, { workerId }).pipe(
      patiently(),
      tap((handed) => rollouts.handedOut(handed)),
    );
  return rollouts.turns.inTurn(lookUp());
}

/** Whether somebody has been asked to work on it. */
export function isAttempted(rollout: Rollout): rollout is AttemptedRollout {
  return rollout.attempt !== undefined;
}
