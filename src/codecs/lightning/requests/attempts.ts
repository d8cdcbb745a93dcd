import { milliseconds } from '../../../foundation/check.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import { decodeAttempt, type Attempt } from '../attempt.js';
import { decodePage, type Page } from '../page.js';
import { decodeAttemptedRollout, type AttemptedRollout } from '../rollout.js';
import type { AttemptStatus } from '../wire.js';
import { LISTING, pageOf, sortingOf, type Listing } from './listing.js';
import type { WorkerOption } from './queue.js';
import { idToChange, orUndefined, segment, type StoreRequest } from './store-request.js';

/** What to change of an attempt: what is left out stays, and nothing can be cleared. */
export interface AttemptChanges {
  /** Moves the rollout along if the attempt is its latest. */
  readonly status?: AttemptStatus | undefined;
  readonly workerId?: string | undefined;
  /** Milliseconds since the Unix epoch, by the store's clock. */
  readonly lastHeartbeatTimeMs?: number | undefined;
  /** Replaces all of it. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Which attempts. Sorted by `sequenceId` by default. */
export type AttemptQuery = Listing<keyof Attempt>;

const CHANGES: OptionNames<AttemptChanges> = {
  status: true,
  workerId: true,
  lastHeartbeatTimeMs: true,
  metadata: true,
};

export function startAttemptRequest(rolloutId: string, options: WorkerOption): StoreRequest<AttemptedRollout> {
  const { workerId } = onlyKnown('startAttempt', options, { workerId: true });
  return {
    method: 'POST',
    path: attemptsPath(rolloutId),
    body: workerId === undefined ? undefined : { worker_id: workerId },
    read: decodeAttemptedRollout,
  };
}

export function updateAttemptRequest(
  rolloutId: string,
  attemptId: string,
  changes: AttemptChanges,
): StoreRequest<Attempt> {
  const { status, workerId, lastHeartbeatTimeMs: heartbeatMs, metadata } = onlyKnown('updateAttempt', changes, CHANGES);
  if (heartbeatMs !== undefined) milliseconds('lastHeartbeatTimeMs', heartbeatMs, Number.MAX_SAFE_INTEGER);
  return {
    method: 'POST',
    path: `${attemptsPath(rolloutId)}/${idToChange('attemptId', attemptId)}`,
    body: {
      status,
      worker_id: workerId,
      last_heartbeat_time: heartbeatMs === undefined ? undefined : heartbeatMs / 1000,
      metadata,
    },
    read: decodeAttempt,
  };
}

export function latestAttemptRequest(rolloutId: string): StoreRequest<Attempt | undefined> {
  return { method: 'GET', path: `${attemptsPath(rolloutId)}/latest`, read: orUndefined(decodeAttempt) };
}

export function queryAttemptsRequest(rolloutId: string, query: AttemptQuery): StoreRequest<Page<Attempt>> {
  onlyKnown('queryAttempts', query, LISTING);
  return {
    method: 'POST',
    path: `${attemptsPath(rolloutId)}/search`,
    body: { ...pageOf(query), ...sortingOf(query, 'sequenceId') },
    read: (json) => decodePage(json, decodeAttempt),
  };
}

function attemptsPath(rolloutId: string): string {
  return `/rollouts/${segment('rolloutId', rolloutId)}/attempts`;
}
