import type { WireRollout } from '../../../codecs/lightning/wire.js';
import type { NewRollout } from '../reading/rollout-requests.js';
import { Attempts } from './attempts.js';
import type { Ids } from './ids.js';
import { ResourceSnapshots } from './resources.js';
import { isQueueing, type RolloutEntry, Rollouts } from './rollouts.js';
import { type SpanBudget, Spans } from './spans.js';
import { Waits } from './waits.js';
import { Watchdog } from './watchdog.js';
import { Workers } from './workers.js';

/** What a store is made with. */
export interface StoreOptions {
  readonly ids: Ids;
  readonly scanDebounceMs: number;
  readonly spanBudget: SpanBudget;
  /** When the store begins, in seconds. */
  readonly startedAt: number;
}

/** How many of everything there are (lightning.md 2.8). */
export interface WireStatistics {
  readonly name: string;
  readonly total_rollouts: number;
  readonly total_attempts: number;
  readonly total_spans: number;
  readonly total_resources: number;
  readonly total_workers: number;
  readonly uptime: number;
  readonly total_span_bytes: number;
  readonly eviction_threshold_bytes: number;
  readonly safe_threshold_bytes: number;
  readonly memory_capacity_bytes: number;
}

/**
 * The store of rollouts, in memory (lightning.md 4). It knows no clock: each call is told the time, in seconds since the
 * Unix epoch.
 */
export class LightningStore {
  readonly waits = new Waits();
  readonly rollouts = new Rollouts((entry) => this.waits.finished(entry));
  readonly workers = new Workers();
  readonly resources = new ResourceSnapshots();
  readonly attempts: Attempts;
  readonly spans: Spans;
  readonly watchdog: Watchdog;
  readonly #ids: Ids;
  readonly #budget: SpanBudget;
  readonly #startedAt: number;

  constructor({ ids, scanDebounceMs, spanBudget, startedAt }: StoreOptions) {
    this.#ids = ids;
    this.#budget = spanBudget;
    this.#startedAt = startedAt;
    this.attempts = new Attempts(this.rollouts, this.workers, () => ids.attempt());
    this.spans = new Spans(this.rollouts, this.attempts, spanBudget);
    this.watchdog = new Watchdog(this.rollouts, this.attempts, scanDebounceMs);
  }

  /** A rollout in the queue. */
  enqueue(request: NewRollout, now: number): RolloutEntry {
    return this.#create(request, 'queuing', now);
  }

  /** A rollout that begins at once, past the queue. */
  start(request: NewRollout, workerId: string | null, now: number): WireRollout {
    const entry = this.#create(request, 'preparing', now);
    const attempt = this.attempts.begin(entry, workerId, now);
    this.workers.follow(attempt, now);
    return { ...entry.rollout, attempt };
  }

  /** Begins attempts of up to `limit` rollouts from the queue, past those that are no longer queueing. */
  dequeue(limit: number, workerId: string | null, now: number): WireRollout[] {
    const got: WireRollout[] = [];
    while (got.length < limit) {
      const id = this.rollouts.queue.shift();
      if (id === undefined) break;
      const entry = this.rollouts.find(id);
      if (entry === undefined || !isQueueing(entry)) continue;
      const attempt = this.attempts.begin(entry, workerId, now);
      this.rollouts.change(entry, { status: 'preparing' }, now);
      got.push({ ...entry.rollout, attempt });
    }
    const last = got.at(-1)?.attempt;
    if (last !== undefined) this.workers.dequeued(last, now);
    else if (workerId !== null) this.workers.foundNothing(workerId, now);
    return got;
  }

  /** One attempt more, whatever the rollout's status and however many there were. */
  startAttempt(entry: RolloutEntry, workerId: string | null, now: number): WireRollout {
    const attempt = this.attempts.begin(entry, workerId, now);
    this.rollouts.change(entry, { status: 'preparing' }, now);
    this.workers.follow(attempt, now);
    return { ...entry.rollout, attempt };
  }

  statistics(now: number): WireStatistics {
    return {
      name: 'InMemoryLightningStore',
      total_rollouts: this.rollouts.all.length,
      total_attempts: this.attempts.total,
      total_spans: this.spans.total,
      total_resources: this.resources.size,
      total_workers: this.workers.size,
      uptime: now - this.#startedAt,
      total_span_bytes: this.spans.totalBytes,
      eviction_threshold_bytes: this.#budget.evictionThresholdBytes,
      safe_threshold_bytes: this.#budget.safeThresholdBytes,
      memory_capacity_bytes: this.#budget.memoryCapacityBytes,
    };
  }

  /** The id that the next new snapshot of resources gets. */
  newResourcesId(): string {
    return this.#ids.resources();
  }

  #create(request: NewRollout, status: 'queuing' | 'preparing', now: number): RolloutEntry {
    const latest = this.resources.latest?.resources_id ?? null;
    return this.rollouts.create(this.#ids.rollout(), request, status, latest, now);
  }
}
