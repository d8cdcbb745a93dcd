import { ProtocolError } from './errors.js';
import { decodeAttempt, type Attempt } from './attempt.js';
import { maybeMs, maybeObject, maybeString, msOf, objectOf, stringOf } from './json.js';
import { decodeConfig, type RolloutConfig } from './rollout-config.js';
import type { RolloutMode, RolloutStatus } from './wire.js';

/** A task for an agent and what has become of it (lightning.md 3.4). */
export interface Rollout {
  readonly rolloutId: string;
  /** What was enqueued: any JSON. Integers beyond 2^53 have lost their last digits. */
  readonly input: unknown;
  /** When it was made; retries don't change it. */
  readonly startTimeMs: number;
  /** When it last ended. It stays when the rollout is taken up again. */
  readonly endTimeMs: number | undefined;
  readonly mode: RolloutMode | undefined;
  readonly resourcesId: string | undefined;
  readonly status: RolloutStatus;
  readonly config: RolloutConfig;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** The latest, where the store tells: enqueueing, updating and waiting don't. */
  readonly attempt: Attempt | undefined;
}

/** A {@link Rollout} that somebody works on. */
export interface AttemptedRollout extends Rollout {
  readonly attempt: Attempt;
}

export function decodeRollout(value: unknown): Rollout {
  const wire = objectOf(value, 'a rollout');
  const { attempt } = wire;
  return {
    rolloutId: stringOf(wire, 'rollout_id'),
    input: wire['input'],
    startTimeMs: msOf(wire, 'start_time'),
    endTimeMs: maybeMs(wire, 'end_time'),
    mode: maybeString(wire, 'mode') as RolloutMode | undefined,
    resourcesId: maybeString(wire, 'resources_id'),
    status: (maybeString(wire, 'status') ?? 'queuing') as RolloutStatus,
    config: decodeConfig(wire),
    metadata: maybeObject(wire, 'metadata'),
    attempt: attempt === undefined || attempt === null ? undefined : decodeAttempt(attempt),
  };
}

export function decodeAttemptedRollout(value: unknown): AttemptedRollout {
  const rollout = decodeRollout(value);
  const { attempt } = rollout;
  if (attempt === undefined) throw new ProtocolError('a rollout comes without the attempt that was made');
  return { ...rollout, attempt };
}
