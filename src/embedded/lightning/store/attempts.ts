import type { AttemptStatus, WireAttempt } from '../../../codecs/lightning/wire.js';
import { derivedStatus, type RolloutEntry, type Rollouts } from './rollouts.js';
import { valueError } from './store-error.js';
import type { Workers } from './workers.js';

/** What may be set on an attempt; a key that is undefined stays as it is. */
export interface AttemptChange {
  readonly status?: AttemptStatus | undefined;
  readonly worker_id?: string | undefined;
  readonly last_heartbeat_time?: number | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

/** How attempts begin, change, and take their rollouts along (lightning.md 4.5, 4.6). */
export class Attempts {
  total = 0;
  readonly #rollouts: Rollouts;
  readonly #workers: Workers;
  readonly #newId: () => string;

  constructor(rollouts: Rollouts, workers: Workers, newId: () => string) {
    this.#rollouts = rollouts;
    this.#workers = workers;
    this.#newId = newId;
  }

  /** Adds an attempt to a rollout, whose own status is left alone; workers, too. */
  begin(entry: RolloutEntry, workerId: string | null, now: number): WireAttempt {
    const attempt: WireAttempt = {
      rollout_id: entry.rollout.rollout_id,
      attempt_id: this.#newId(),
      sequence_id: entry.attempts.length + 1,
      start_time: now,
      end_time: null,
      status: 'preparing',
      worker_id: workerId,
      last_heartbeat_time: null,
      metadata: null,
    };
    entry.attempts.push(attempt);
    entry.attemptsById.set(attempt.attempt_id, attempt);
    this.total++;
    return attempt;
  }

  /**
   * The attempt of this id, which may be `latest`.
   *
   * @throws StoreError if there is none.
   */
  resolve(entry: RolloutEntry, attemptId: string): WireAttempt {
    const latest = entry.attempts.at(-1);
    if (latest === undefined) throw valueError(`No attempts found for rollout ${entry.rollout.rollout_id}`);
    return attemptId === 'latest' ? latest : this.find(entry, attemptId);
  }

  /** @throws StoreError if there is none. */
  find(entry: RolloutEntry, attemptId: string): WireAttempt {
    const attempt = entry.attemptsById.get(attemptId);
    if (attempt === undefined)
      throw valueError(`Attempt ${attemptId} not found for rollout ${entry.rollout.rollout_id}`);
    return attempt;
  }

  /** Every update of the latest attempt moves its rollout, even one that only sets metadata. */
  change(entry: RolloutEntry, attempt: WireAttempt, change: AttemptChange, now: number): void {
    const { worker_id: workerId, status, last_heartbeat_time: heartbeat, metadata } = change;
    if (workerId !== undefined) attempt.worker_id = workerId;
    if (status !== undefined) {
      attempt.status = status;
      if (status === 'failed' || status === 'succeeded') attempt.end_time = now;
    }
    if (heartbeat !== undefined) attempt.last_heartbeat_time = heartbeat;
    if (metadata !== undefined) attempt.metadata = metadata;
    if (attempt === entry.attempts.at(-1)) {
      const derived = derivedStatus(attempt, entry.rollout.config);
      if (derived !== entry.rollout.status) this.#rollouts.change(entry, { status: derived }, now);
    }
    if (workerId !== undefined || status !== undefined) this.#workers.follow(attempt, now);
  }

  /** A span has been stored: a sign of life, which wakes the attempt and its rollout (lightning.md 4.6). */
  heartbeat(entry: RolloutEntry, attempt: WireAttempt, now: number): void {
    attempt.last_heartbeat_time = now;
    if (attempt.status === 'preparing' || attempt.status === 'unresponsive') attempt.status = 'running';
    const { status } = entry.rollout;
    // Not from `queuing`: the genuine store misspells it where it compares.
    if (attempt === entry.attempts.at(-1) && (status === 'preparing' || status === 'requeuing'))
      this.#rollouts.change(entry, { status: 'running' }, now);
  }
}
