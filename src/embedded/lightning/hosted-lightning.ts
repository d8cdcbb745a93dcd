import { type Attempt, decodeAttempt } from '../../codecs/lightning/attempt.js';
import { RolloutNotFoundError } from '../../codecs/lightning/errors.js';
import { encodeNewRollout, NEW_ROLLOUT, type NewRollout } from '../../codecs/lightning/requests/queue.js';
import { decodeResourcesUpdate, type ResourcesUpdate } from '../../codecs/lightning/resources.js';
import { decodeRollout, type Rollout } from '../../codecs/lightning/rollout.js';
import { decodeSpan, type Span } from '../../codecs/lightning/span.js';
import { decodeWorker, type Worker } from '../../codecs/lightning/worker.js';
import type { RolloutStatus } from '../../codecs/lightning/wire.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { LightningCore } from './core.js';
import type { LightningCounters } from './counters.js';
import type { LightningFaults } from './faults.js';
import { Issues } from './reading/issues.js';
import { enqueueRequest } from './reading/rollout-requests.js';
import { withLatestAttempt } from './store/rollouts.js';

/** What every embedded Lightning server offers beside its wire: a look inside, and misfortune on demand. */
export abstract class HostedLightning {
  protected abstract readonly core: LightningCore;

  /** What clients are given, such as `http://127.0.0.1:4747`. */
  abstract get origin(): string;

  /** Where it is, for logs: what it holds is asked for by name. */
  toJSON(): { origin: string } {
    return { origin: this.origin };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected(this.constructor.name, this.toJSON(), how);
  }

  /** Makes things go wrong. */
  get faults(): LightningFaults {
    return this.core.faults;
  }

  /** What the server has seen and done so far; the object goes on counting. */
  get counters(): LightningCounters {
    return this.core.tally;
  }

  /** How many waits for rollouts are open. */
  get openWaits(): number {
    return this.core.store.waits.size;
  }

  /** How many entries the queue has, also of rollouts that no longer wait. */
  get queueLength(): number {
    return this.core.store.rollouts.queue.length;
  }

  /** All rollouts with their latest attempts, oldest first. */
  get rollouts(): Rollout[] {
    return this.core.store.rollouts.all.map((entry) => decodeRollout(copied(withLatestAttempt(entry))));
  }

  /** The rollout of this id with its latest attempt, or undefined. */
  rollout(rolloutId: string): Rollout | undefined {
    const entry = this.core.store.rollouts.find(rolloutId);
    return entry && decodeRollout(copied(withLatestAttempt(entry)));
  }

  /**
   * Puts copies of rollouts into the queue without a client; returns them.
   *
   * @throws InvalidOptionError for what no client could send.
   */
  enqueue(...rollouts: readonly NewRollout[]): Rollout[] {
    const requests = asSent(rollouts);
    const now = this.core.now();
    this.core.store.watchdog.scan(now);
    return requests.map((request) => decodeRollout(copied(this.core.store.enqueue(request, now).rollout)));
  }

  /**
   * Sets a rollout's status without a client, as `updateRollout` does: no transition is forbidden, and neither attempts
   * nor workers are told. Waits for it end if it has ended.
   *
   * @throws RolloutNotFoundError
   */
  setStatus(rolloutId: string, status: RolloutStatus): void {
    const entry = this.core.store.rollouts.find(rolloutId);
    if (entry === undefined) throw new RolloutNotFoundError([rolloutId]);
    this.core.store.rollouts.change(entry, { status }, this.core.now());
  }

  /** The attempts of a rollout, oldest first; none if there is no such rollout. */
  attempts(rolloutId: string): Attempt[] {
    const attempts = this.core.store.rollouts.find(rolloutId)?.attempts ?? [];
    return attempts.map((attempt) => decodeAttempt(copied(attempt)));
  }

  /** The spans of a rollout by sequence id; none if there is no such rollout, or if they have been evicted. */
  spans(rolloutId: string): Span[] {
    const spans = this.core.store.spans.kept(rolloutId).sort((a, b) => a.sequence_id - b.sequence_id);
    return spans.map((span) => decodeSpan(copied(span)));
  }

  /** All snapshots of resources, oldest first. */
  get resources(): ResourcesUpdate[] {
    return this.core.store.resources.all().map((snapshot) => decodeResourcesUpdate(copied(snapshot)));
  }

  /** All workers in the order of their appearance. */
  get workers(): Worker[] {
    return this.core.store.workers.all().map((worker) => decodeWorker(copied(worker)));
  }
}

/** As they reach a store from a client. */
function asSent(rollouts: readonly NewRollout[]): ReturnType<typeof enqueueRequest>['rollouts'] {
  const encoded = rollouts.map((rollout) => encodeNewRollout(onlyKnown('enqueue', rollout, NEW_ROLLOUT)));
  const issues = new Issues('body');
  const read = enqueueRequest(JSON.parse(JSON.stringify({ rollouts: encoded })), issues);
  const [issue] = issues.found;
  if (issue !== undefined) throw new InvalidOptionError(issue.loc.slice(1).join('.'), issue.input, issue.msg);
  return read.rollouts;
}

/** What is shown never changes with the store, nor the store with it. */
function copied<T>(value: T): unknown {
  return structuredClone(value);
}
