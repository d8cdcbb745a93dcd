import { forkJoin, map, type Observable } from 'rxjs';
import { deadFlights } from './dead-letters.js';
import type { Fate } from './fates.js';
import { findInStore } from './found-in-store.js';
import { DelayModel } from './model.js';
import type { Stage } from './progress.js';
import type { Place, PublishedWeights } from './published-weights.js';
import type { Queue } from './queue.js';
import type { Rollouts } from './rollouts.js';

/** What a run has left in the three systems: the report believes this, not what the run says of itself. */
export interface ReadBack {
  /** How many different flights the spans in the store name. */
  readonly trained: number;
  /** How many others lie among the dead letters of the queue. */
  readonly dead: number;
  /** What became of the attempts that were handed to the workers, by the store. */
  readonly attempts: Fate;
  /** The rollouts that have not ended. */
  readonly open: readonly string[];
  /** Made of the weights that were found in Flo. */
  readonly model: DelayModel;
  /** Where other weights were found than the trainer has. */
  readonly otherWeightsIn: readonly Place[];
}

/** Asks the systems what they have of this run. */
export function readBack(
  rollouts: Rollouts,
  weights: PublishedWeights,
  queue: Queue,
  stage: Stage,
): Observable<ReadBack> {
  return forkJoin({ found: findInStore(rollouts, stage), dead: deadFlights(queue), published: weights.read() }).pipe(
    map(({ found, dead, published }) => ({
      trained: found.trained.size,
      // The log may have a flight twice: one that was trained on is not lost, wherever its double is.
      dead: queue.leases ? [...dead].filter((id) => !found.trained.has(id)).length : found.failed,
      attempts: found.fate,
      open: found.open,
      model: new DelayModel(published.weights),
      otherWeightsIn: published.otherIn,
    })),
  );
}
