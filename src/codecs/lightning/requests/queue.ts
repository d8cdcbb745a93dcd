import { integerIn } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import { ProtocolError } from '../errors.js';
import { arrayOf } from '../json.js';
import { encodeConfig, type RolloutConfigInput } from '../rollout-config.js';
import { decodeAttemptedRollout, decodeRollout, type AttemptedRollout, type Rollout } from '../rollout.js';
import type { RolloutMode } from '../wire.js';
import type { StoreRequest } from './store-request.js';

/** A rollout to be made. */
export interface NewRollout {
  /** Any JSON. Integers beyond 2^53 lose their last digits, NaN and infinities become null. */
  readonly input: unknown;
  readonly mode?: RolloutMode | undefined;
  /** The snapshot of resources to use, by default the latest; the store does not check that there is one of this id. */
  readonly resourcesId?: string | undefined;
  readonly config?: RolloutConfigInput | undefined;
  /** Free-form, as `input` is. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Who asks for work. */
export interface WorkerOption {
  /** The store keeps a record of each worker that has said its id. */
  readonly workerId?: string | undefined;
}

/** Those of a new rollout. */
export const NEW_ROLLOUT: OptionNames<NewRollout> = {
  input: true,
  mode: true,
  resourcesId: true,
  config: true,
  metadata: true,
};

export function encodeNewRollout(rollout: NewRollout): Record<string, unknown> {
  const { input, mode = null, resourcesId = null, config, metadata = null } = rollout;
  return {
    input: checkInput(input),
    mode,
    resources_id: resourcesId,
    config: config === undefined ? null : encodeConfig(config),
    metadata,
  };
}

/** JSON would leave it out, or make it null. */
export function checkInput(input: unknown): unknown {
  if (input !== undefined && typeof input !== 'function' && typeof input !== 'symbol') return input;
  throw new InvalidOptionError('input', input, 'must be JSON, and null if there is nothing to say');
}

export function enqueueRequest(rollouts: readonly NewRollout[]): StoreRequest<Rollout[]> {
  return {
    method: 'POST',
    path: '/queues/rollouts/enqueue',
    body: { rollouts: rollouts.map((rollout) => encodeNewRollout(onlyKnown('enqueueRollout', rollout, NEW_ROLLOUT))) },
    read: (json) => {
      const made = arrayOf(json, 'the answer to enqueueing').map((rollout) => decodeRollout(rollout));
      if (made.length === rollouts.length) return made;
      throw new ProtocolError(`${made.length} rollouts come back for ${rollouts.length} enqueued`);
    },
  };
}

export function dequeueRequest(limit: number, options: WorkerOption): StoreRequest<AttemptedRollout[]> {
  const { workerId } = onlyKnown('dequeueRollout', options, { workerId: true });
  return {
    method: 'POST',
    path: '/queues/rollouts/dequeue',
    body: { limit: integerIn('limit', limit, 0, Number.MAX_SAFE_INTEGER), worker_id: workerId },
    read: (json) => arrayOf(json, 'the answer to dequeueing').map((rollout) => decodeAttemptedRollout(rollout)),
  };
}
