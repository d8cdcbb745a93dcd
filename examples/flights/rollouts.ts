import { EMPTY, from, ignoreElements, map, mergeMap, takeUntil, tap, timeout, type Observable } from 'rxjs';
import type { AttemptedRollout, LightningStoreClient, Rollout } from 'sluice/lightning';
import type { MiniBatch } from './mini-batches.js';
import { patiently } from './patience.js';
import { Turns } from './turns.js';

/** How often a mini-batch is tried before it is given up. */
export const MAX_ATTEMPTS = 4;

/** When nothing has ended for so long, nothing will. */
const QUIET_MS = 60_000;

/** How many rollouts are withdrawn at once. */
const AT_ONCE = 4;

/** The rollouts of this run, one for each mini-batch, and which attempts at them were handed to its workers. */
export class Rollouts {
  /** For those who claim a rollout. */
  readonly turns = new Turns();
  readonly #attempts = new Map<string, Set<string>>();

  constructor(readonly store: LightningStoreClient) {}

  /** Ids of all rollouts that were enqueued or handed out, and under each the attempts that were handed out. */
  get attempts(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#attempts;
  }

  /** Makes a rollout for a mini-batch; one that fails is put back into the store's queue until it has been tried four times. */
  enqueue(batch: MiniBatch): Observable<string> {
    const input: RolloutInput = { batch: batch.number, flights: batch.flights.length };
    const config = { maxAttempts: MAX_ATTEMPTS, retryCondition: ['failed'] } as const;
    return this.store.enqueueRollout({ input, mode: 'train', config }).pipe(
      patiently(),
      map((rollout) => rollout.rolloutId),
      tap((rolloutId) => this.#attemptsOf(rolloutId)),
    );
  }

  /** Notes an attempt that somebody works on from now on. */
  handedOut({ rolloutId, attempt }: AttemptedRollout): void {
    this.#attemptsOf(rolloutId).add(attempt.attemptId);
  }

  /** Emits each rollout as it ends; completes when all have, or when the run is to stop. */
  ended(ids: readonly string[], stopped: Observable<unknown>): Observable<Rollout> {
    return this.store.waitForRollouts(ids).pipe(timeout({ each: QUIET_MS, with: () => EMPTY }), takeUntil(stopped));
  }

  /** Withdraws what is left of a run that was stopped: the store hands it to nobody any more. */
  cancel(ids: readonly string[]): Observable<never> {
    return from(ids).pipe(
      mergeMap((id) => this.store.updateRollout(id, { status: 'cancelled' }).pipe(patiently()), AT_ONCE),
      ignoreElements(),
    );
  }

  #attemptsOf(rolloutId: string): Set<string> {
    const attempts = this.#attempts.get(rolloutId) ?? new Set();
    this.#attempts.set(rolloutId, attempts);
    return attempts;
  }
}

/** What a rollout says of its task: the flights themselves travel through the queue. */
export interface RolloutInput {
  readonly batch: number;
  readonly flights: number;
}
