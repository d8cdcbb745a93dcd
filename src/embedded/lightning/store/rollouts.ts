import type {
  AttemptStatus,
  RolloutStatus,
  WireAttempt,
  WireRollout,
  WireRolloutConfig,
} from '../../../codecs/lightning/wire.js';
import type { NewRollout } from '../reading/rollout-requests.js';
import { RolloutQueue } from './rollout-queue.js';
import { valueError } from './store-error.js';

/** A rollout and its attempts. */
export interface RolloutEntry {
  /** Without `attempt`. */
  readonly rollout: WireRollout;
  readonly attempts: WireAttempt[];
  readonly attemptsById: Map<string, WireAttempt>;
  /** Place in the order of creation. */
  readonly ordinal: number;
  /** True once it has finished for the first time; stays true when it is revived (lightning.md 4.10). */
  completed: boolean;
}

/** What may be set on a rollout; a key that is undefined stays as it is. */
export interface RolloutChange {
  readonly input?: unknown;
  readonly mode?: WireRollout['mode'] | undefined;
  readonly resources_id?: string | null | undefined;
  readonly status?: RolloutStatus | undefined;
  readonly config?: WireRolloutConfig | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
}

const FINISHED: ReadonlySet<RolloutStatus> = new Set<RolloutStatus>(['failed', 'succeeded', 'cancelled']);
const QUEUEING: ReadonlySet<RolloutStatus> = new Set<RolloutStatus>(['queuing', 'requeuing']);
const ACTIVE: ReadonlySet<RolloutStatus> = new Set<RolloutStatus>(['preparing', 'running']);

export const isFinished = (entry: RolloutEntry): boolean => FINISHED.has(entry.rollout.status);
export const isQueueing = (entry: RolloutEntry): boolean => QUEUEING.has(entry.rollout.status);

/** All rollouts, and the queue of those that wait for a worker (lightning.md 4.1 to 4.4). */
export class Rollouts {
  /** Oldest first. */
  readonly all: RolloutEntry[] = [];
  /** The same without their attempts. */
  readonly plain: WireRollout[] = [];
  readonly queue = new RolloutQueue();
  /** Those that the watchdog looks at: preparing and running. */
  readonly active = new Set<RolloutEntry>();
  readonly #byId = new Map<string, RolloutEntry>();
  readonly #finished: (entry: RolloutEntry) => void;

  /** `finished` is called each time that a rollout is set to a finished status. */
  constructor(finished: (entry: RolloutEntry) => void) {
    this.#finished = finished;
  }

  find(id: string): RolloutEntry | undefined {
    return this.#byId.get(id);
  }

  /** @throws StoreError as the genuine store words it where it looks a rollout up. */
  get(id: string): RolloutEntry {
    const entry = this.#byId.get(id);
    if (entry === undefined) throw valueError(`Rollout ${id} not found`);
    return entry;
  }

  create(
    id: string,
    request: NewRollout,
    status: 'queuing' | 'preparing',
    resourcesId: string | null,
    now: number,
  ): RolloutEntry {
    const rollout: WireRollout = {
      rollout_id: id,
      input: request.input,
      start_time: now,
      end_time: null,
      mode: request.mode,
      resources_id: request.resources_id ?? resourcesId,
      status,
      config: request.config ?? {
        timeout_seconds: null,
        unresponsive_seconds: null,
        max_attempts: 1,
        retry_condition: [],
      },
      metadata: request.metadata ?? {},
    };
    const entry: RolloutEntry = {
      rollout,
      attempts: [],
      attemptsById: new Map(),
      ordinal: this.all.length,
      completed: false,
    };
    this.all.push(entry);
    this.plain.push(rollout);
    this.#byId.set(id, entry);
    if (status === 'queuing') this.queue.push(id);
    else this.active.add(entry);
    return entry;
  }

  /** Sets what is given; any status may follow any other (lightning.md 4.4). */
  change(entry: RolloutEntry, change: RolloutChange, now: number): void {
    const { rollout } = entry;
    const { input, mode, resources_id: resourcesId, config, metadata, status } = change;
    if (input !== undefined) rollout.input = input;
    if (mode !== undefined) rollout.mode = mode;
    if (resourcesId !== undefined) rollout.resources_id = resourcesId;
    if (config !== undefined) rollout.config = config;
    if (metadata !== undefined) rollout.metadata = metadata;
    if (status === undefined) return;
    rollout.status = status;
    if (ACTIVE.has(status)) this.active.add(entry);
    else this.active.delete(entry);
    if (QUEUEING.has(status) && !this.queue.has(rollout.rollout_id)) this.queue.push(rollout.rollout_id);
    if (!FINISHED.has(status)) return;
    rollout.end_time = now;
    entry.completed = true;
    this.#finished(entry);
  }
}

/** What the status of its latest attempt makes of a rollout (lightning.md 4.5). */
export function derivedStatus(attempt: WireAttempt, config: WireRolloutConfig): RolloutStatus {
  const status: AttemptStatus = attempt.status;
  if (status === 'preparing' || status === 'running' || status === 'succeeded') return status;
  const again = config.retry_condition.includes(status) && attempt.sequence_id < config.max_attempts;
  return again ? 'requeuing' : 'failed';
}

/** The rollout as most endpoints show it: with its latest attempt, if there is one. */
export function withLatestAttempt(entry: RolloutEntry): WireRollout {
  const attempt = entry.attempts.at(-1);
  return attempt === undefined ? entry.rollout : { ...entry.rollout, attempt };
}
