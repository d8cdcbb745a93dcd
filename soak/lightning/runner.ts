import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  from,
  mergeMap,
  of,
  repeat,
  timer,
  type Observable,
  type Subscription,
} from 'rxjs';
import { retryBackoff } from '../../src/index.js';
import {
  LightningStoreClient,
  type AttemptedRollout,
  type AttemptStatus,
  type LightningStoreClientOptions,
} from '../../src/lightning.js';
import type { Dice } from '../dice.js';

const POLL_EVERY_MS = 20_000;
const TAKES_MS = 5_000;
const FAILS = 0.1;
/** So many attempts are never heard of again: the store gives them up. */
const VANISHES = 0.05;

/** A program that takes rollouts from the store, runs them, and says how they ended. */
export class Runner {
  private readonly store: LightningStoreClient;
  private readonly turns: Subscription;

  constructor(
    options: LightningStoreClientOptions,
    private readonly dice: Dice,
  ) {
    this.store = new LightningStoreClient('http://memory', options);
    const turn = defer(() => this.store.dequeueManyRollouts(4, { workerId: 'soak' })).pipe(
      // An answer that is lost loses its rollouts, until the store misses them.
      catchError(() => of([])),
      concatMap((taken) => from(taken).pipe(mergeMap((rollout) => this.run(rollout)))),
    );
    this.turns = turn.pipe(repeat({ delay: () => timer(this.dice.about(POLL_EVERY_MS)) })).subscribe();
  }

  close(): void {
    this.turns.unsubscribe();
    this.store.close().subscribe();
  }

  private run({ rolloutId, attempt }: AttemptedRollout): Observable<unknown> {
    if (this.dice.chance(VANISHES)) return EMPTY;
    const status: AttemptStatus = this.dice.chance(FAILS) ? 'failed' : 'succeeded';
    return timer(this.dice.about(TAKES_MS)).pipe(
      concatMap(() => this.store.updateAttempt(rolloutId, attempt.attemptId, { status })),
      retryBackoff({ maxMs: 5_000, maxAttempts: 5 }),
      catchError(() => EMPTY),
    );
  }
}
