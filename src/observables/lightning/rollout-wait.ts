import { catchError, concatMap, EMPTY, from, of, tap, type Observable, type Subscriber, type Subscription } from 'rxjs';
import { ConnectionError, RolloutNotFoundError, StatusError, WaitTimeoutError } from '../../codecs/lightning/errors.js';
import { endedRolloutsRequest } from '../../codecs/lightning/requests/rollouts.js';
import { statisticsRequest } from '../../codecs/lightning/requests/server.js';
import type { Rollout } from '../../codecs/lightning/rollout.js';
import { clock } from '../../foundation/clock.js';
import { SluiceError } from '../../foundation/errors.js';
import { AnswerTooLargeError } from '../../transports/http/errors.js';
import { within } from '../retry/within.js';
import { chunksOf } from './chunks.js';
import { PollPace } from './poll-pace.js';
import type { Store } from './store.js';
import { unknownRollouts } from './unknown-rollouts.js';
import type { WaitPlan } from './wait-options.js';

/** The most ids of one poll: the genuine store takes 15 ms for so many. */
const MAX_IDS = 1_000;

/** How long the last look may take once the time is over. */
const LAST_LOOK_MS = 1_000;

/** The pause before asking a store again that is away. */
const AWAY_PAUSE_MS = 1_000;

/** How often the store is asked whether it has been started anew: nothing else tells that it may be empty now. */
const RESTART_CHECK_MS = 10_000;

/** One subscriber's wait for rollouts to end. */
export class RolloutWait {
  private readonly open: Set<string>;
  private readonly pace: PollPace;
  private pause: Subscription | undefined;
  private polling = false;
  private progress = false;
  /** The time is over: the look under way is the last. */
  private last: boolean;
  /** Whether the open ids must be looked for in the store: at first, and whenever it may have lost them. */
  private doubtful: boolean;
  /** When the store was last seen to know all open ids. */
  private knownAtMs = 0;
  private restartCheckAtMs = 0;
  private away: { readonly sinceMs: number; error: unknown } | undefined;

  constructor(
    private readonly store: Store,
    private readonly plan: WaitPlan,
    private readonly subscriber: Subscriber<Rollout>,
  ) {
    this.open = new Set(plan.ids);
    this.pace = new PollPace(plan.intervalMs);
    this.last = plan.timeoutMs === 0;
    this.doubtful = plan.onUnknown !== 'wait';
    subscriber.add(() => this.pause?.unsubscribe());
  }

  begin(): void {
    const { timeoutMs } = this.plan;
    if (this.open.size === 0) {
      this.subscriber.complete();
      return;
    }
    if (!this.last && timeoutMs !== Infinity) this.subscriber.add(clock.after(timeoutMs, () => this.timeIsOver()));
    this.look();
  }

  private look(): void {
    this.polling = true;
    this.progress = false;
    this.pace.started();
    const startedMs = clock.now();
    const look = from([() => this.poll(), () => this.restartCheck(), () => this.check()]).pipe(
      concatMap((step) => (this.open.size === 0 ? EMPTY : step())),
    );
    const inner = within<unknown>(this.subscriber, {
      next: () => {},
      error: (error: unknown) => {
        this.polling = false;
        this.failed(error, startedMs);
      },
      complete: () => {
        this.polling = false;
        this.away = undefined;
        this.looked();
      },
    });
    look.subscribe(inner);
  }

  /** Which of those still open have ended? */
  private poll(): Observable<unknown> {
    return from(chunksOf([...this.open], MAX_IDS)).pipe(
      concatMap((ids) => this.ended(ids)),
      tap((rollouts) => {
        for (const rollout of rollouts) {
          // A subscriber may leave in the middle.
          if (this.subscriber.closed) return;
          if (!this.open.delete(rollout.rolloutId)) continue;
          this.progress = true;
          this.subscriber.next(rollout);
        }
      }),
    );
  }

  /** The store sends each rollout whole, so that even an answer about few can be larger than allowed. */
  private ended(ids: readonly string[]): Observable<readonly Rollout[]> {
    return this.store.command(endedRolloutsRequest(ids)).pipe(
      catchError((error: unknown) => {
        const tooLarge = error instanceof ConnectionError && error.cause instanceof AnswerTooLargeError;
        if (!tooLarge || ids.length === 1) throw error;
        return from(chunksOf(ids, Math.ceil(ids.length / 2))).pipe(concatMap((half) => this.ended(half)));
      }),
    );
  }

  private restartCheck(): Observable<unknown> {
    const now = clock.now();
    if (this.plan.onUnknown === 'wait' || this.doubtful || now < this.restartCheckAtMs) return EMPTY;
    this.restartCheckAtMs = now + RESTART_CHECK_MS;
    return this.store.command(statisticsRequest()).pipe(
      tap(({ uptimeMs = Infinity }) => {
        this.doubtful = uptimeMs < clock.now() - this.knownAtMs;
      }),
      // A store without statistics can't be asked.
      catchError((error: unknown) => {
        if (error instanceof StatusError && !error.retryable) return of(undefined);
        throw error;
      }),
    );
  }

  /** Does the store know those that are open? */
  private check(): Observable<unknown> {
    const { onUnknown } = this.plan;
    // Who leaves unknown ones out and looks for the last time gets the same without knowing which they are.
    if (!this.doubtful || (this.last && onUnknown === 'skip')) return EMPTY;
    return unknownRollouts(this.store, [...this.open]).pipe(
      tap((unknown) => {
        if (unknown.length > 0 && onUnknown === 'error') throw new RolloutNotFoundError(unknown);
        for (const id of unknown) this.open.delete(id);
        this.doubtful = false;
        this.knownAtMs = clock.now();
        this.restartCheckAtMs = this.knownAtMs + RESTART_CHECK_MS;
      }),
    );
  }

  private looked(): void {
    if (this.open.size === 0) this.subscriber.complete();
    else if (this.last) this.giveUp();
    else this.lookAgainIn(this.pace.next(this.progress, this.open.size));
  }

  private failed(error: unknown, startedMs: number): void {
    this.away = { sinceMs: this.away?.sinceMs ?? startedMs, error };
    const passing = error instanceof SluiceError && error.retryable;
    const awayMs = clock.now() - this.away.sinceMs;
    if (!passing || this.last || awayMs >= this.plan.maxAwayMs) {
      this.subscriber.error(error);
      return;
    }
    // Who comes back may be another one.
    this.doubtful = this.plan.onUnknown !== 'wait';
    this.lookAgainIn(AWAY_PAUSE_MS);
  }

  private lookAgainIn(ms: number): void {
    this.pause = clock.after(ms, () => this.look());
  }

  private timeIsOver(): void {
    this.last = true;
    this.subscriber.add(clock.after(LAST_LOOK_MS, () => this.giveUp()));
    if (this.polling) return;
    this.pause?.unsubscribe();
    this.look();
  }

  private giveUp(): void {
    const { onTimeout, timeoutMs } = this.plan;
    if (this.away !== undefined) this.subscriber.error(this.away.error);
    else if (onTimeout === 'complete') this.subscriber.complete();
    else this.subscriber.error(new WaitTimeoutError([...this.open], timeoutMs));
  }
}
