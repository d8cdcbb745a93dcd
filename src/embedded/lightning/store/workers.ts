import type { WireAttempt, WireWorker } from '../../../codecs/lightning/wire.js';

/** Who works on what, as far as the store can know (lightning.md 4.8). */
export class Workers {
  readonly #byId = new Map<string, WireWorker>();

  get size(): number {
    return this.#byId.size;
  }

  all(): WireWorker[] {
    return [...this.#byId.values()];
  }

  find(id: string): WireWorker | undefined {
    return this.#byId.get(id);
  }

  /** The attempt's worker does what its status says; nothing happens without one. */
  follow(attempt: WireAttempt, now: number): void {
    if (attempt.worker_id === null || attempt.worker_id === '') return;
    const worker = this.#worker(attempt.worker_id);
    if (attempt.status === 'preparing' || attempt.status === 'running') {
      worker.status = 'busy';
      worker.last_busy_time = now;
      worker.current_rollout_id = attempt.rollout_id;
      worker.current_attempt_id = attempt.attempt_id;
      return;
    }
    worker.status = attempt.status === 'succeeded' || attempt.status === 'failed' ? 'idle' : 'unknown';
    worker.last_idle_time = now;
    worker.current_rollout_id = null;
    worker.current_attempt_id = null;
  }

  /** It has asked for work and got this. */
  dequeued(attempt: WireAttempt, now: number): void {
    this.follow(attempt, now);
    if (attempt.worker_id !== null && attempt.worker_id !== '') this.#worker(attempt.worker_id).last_dequeue_time = now;
  }

  /** It has asked for work and there was none; what it is said to work on stays. */
  foundNothing(id: string, now: number): void {
    const worker = this.#worker(id);
    if (worker.status !== 'idle') {
      worker.status = 'idle';
      worker.last_idle_time = now;
    }
    worker.last_dequeue_time = now;
  }

  heartbeat(id: string, stats: Record<string, unknown> | undefined, now: number): WireWorker {
    const worker = this.#worker(id);
    worker.last_heartbeat_time = now;
    if (stats !== undefined) worker.heartbeat_stats = stats;
    return worker;
  }

  #worker(id: string): WireWorker {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const worker: WireWorker = {
      worker_id: id,
      status: 'unknown',
      heartbeat_stats: null,
      last_heartbeat_time: null,
      last_dequeue_time: null,
      last_busy_time: null,
      last_idle_time: null,
      current_rollout_id: null,
      current_attempt_id: null,
    };
    this.#byId.set(id, worker);
    return worker;
  }
}
