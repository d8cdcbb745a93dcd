import { maybeMs, maybeObject, maybeString, msOf, numberOf, objectOf, stringOf } from './json.js';
import type { AttemptStatus } from './wire.js';

/** One try at a rollout (lightning.md 3.5). Its id is unique within the rollout only. */
export interface Attempt {
  readonly rolloutId: string;
  readonly attemptId: string;
  /** From 1, per rollout. */
  readonly sequenceId: number;
  readonly startTimeMs: number;
  /** When it failed or succeeded; stays undefined for `timeout` and `unresponsive`. */
  readonly endTimeMs: number | undefined;
  readonly status: AttemptStatus;
  readonly workerId: string | undefined;
  readonly lastHeartbeatTimeMs: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

export function decodeAttempt(value: unknown): Attempt {
  const wire = objectOf(value, 'an attempt');
  return {
    rolloutId: stringOf(wire, 'rollout_id'),
    attemptId: stringOf(wire, 'attempt_id'),
    sequenceId: numberOf(wire, 'sequence_id'),
    startTimeMs: msOf(wire, 'start_time'),
    endTimeMs: maybeMs(wire, 'end_time'),
    status: (maybeString(wire, 'status') ?? 'preparing') as AttemptStatus,
    workerId: maybeString(wire, 'worker_id'),
    lastHeartbeatTimeMs: maybeMs(wire, 'last_heartbeat_time'),
    metadata: maybeObject(wire, 'metadata'),
  };
}
