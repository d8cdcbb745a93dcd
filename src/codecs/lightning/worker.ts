import { maybeMs, maybeObject, maybeString, objectOf, stringOf } from './json.js';
import type { WorkerStatus } from './wire.js';

/** Who works on rollouts (lightning.md 3.8). An idle worker's current ids may be stale. */
export interface Worker {
  readonly workerId: string;
  readonly status: WorkerStatus;
  readonly heartbeatStats: Readonly<Record<string, unknown>> | undefined;
  readonly lastHeartbeatTimeMs: number | undefined;
  readonly lastDequeueTimeMs: number | undefined;
  readonly lastBusyTimeMs: number | undefined;
  readonly lastIdleTimeMs: number | undefined;
  readonly currentRolloutId: string | undefined;
  readonly currentAttemptId: string | undefined;
}

export function decodeWorker(value: unknown): Worker {
  const wire = objectOf(value, 'a worker');
  return {
    workerId: stringOf(wire, 'worker_id'),
    status: (maybeString(wire, 'status') ?? 'unknown') as WorkerStatus,
    heartbeatStats: maybeObject(wire, 'heartbeat_stats'),
    lastHeartbeatTimeMs: maybeMs(wire, 'last_heartbeat_time'),
    lastDequeueTimeMs: maybeMs(wire, 'last_dequeue_time'),
    lastBusyTimeMs: maybeMs(wire, 'last_busy_time'),
    lastIdleTimeMs: maybeMs(wire, 'last_idle_time'),
    currentRolloutId: maybeString(wire, 'current_rollout_id'),
    currentAttemptId: maybeString(wire, 'current_attempt_id'),
  };
}
