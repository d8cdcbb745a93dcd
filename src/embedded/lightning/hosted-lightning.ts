import { type Attempt, decodeAttempt } from '../../codecs/lightning/attempt.js';
import { decodeResourcesUpdate, type ResourcesUpdate } from '../../codecs/lightning/resources.js';
import { decodeRollout, type Rollout } from '../../codecs/lightning/rollout.js';
import { decodeSpan, type Span } from '../../codecs/lightning/span.js';
import { decodeWorker, type Worker } from '../../codecs/lightning/worker.js';
import type { LightningCore } from './core.js';
import type { LightningCounters } from './counters.js';
import type { LightningFaults } from './faults.js';
import { withLatestAttempt } from './store/rollouts.js';

/** What every embedded Lightning server offers beside its wire: a look inside, and misfortune on demand. */
export abstract class HostedLightning {
  protected abstract readonly core: LightningCore;

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

/** What is shown never changes with the store, nor the store with it. */
function copied<T>(value: T): unknown {
  return structuredClone(value);
}
