import { decodePage, type Page } from '../page.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import { encodeConfig, type RolloutConfigInput } from '../rollout-config.js';
import { decodeAttemptedRollout, decodeRollout, type AttemptedRollout, type Rollout } from '../rollout.js';
import type { RolloutMode, RolloutStatus } from '../wire.js';
import { arrayOf } from '../json.js';
import { checkInput, encodeNewRollout, NEW_ROLLOUT, type NewRollout, type WorkerOption } from './queue.js';
import { LISTING, logicOf, pageOf, sortingOf, type Filters, type Listing } from './listing.js';
import { idToChange, orUndefined, segment, type StoreRequest } from './store-request.js';

/** What to change of a rollout: what is left out stays, `null` clears. */
export interface RolloutChanges {
  readonly input?: unknown;
  readonly mode?: RolloutMode | null | undefined;
  readonly resourcesId?: string | null | undefined;
  /** No transition is forbidden, and neither attempts nor workers are told. */
  readonly status?: RolloutStatus | undefined;
  /** Replaces all of it: what it leaves out is at its default. */
  readonly config?: RolloutConfigInput | undefined;
  /** Replaces all of it. */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Which rollouts. An empty list matches none. */
export interface RolloutQuery extends Listing<Exclude<keyof Rollout, 'attempt'>>, Filters {
  readonly statusIn?: readonly RolloutStatus[] | undefined;
  readonly rolloutIdIn?: readonly string[] | undefined;
  /** A part of the id. */
  readonly rolloutIdContains?: string | undefined;
}

const CHANGES: OptionNames<RolloutChanges> = {
  input: true,
  mode: true,
  resourcesId: true,
  status: true,
  config: true,
  metadata: true,
};

const QUERY: OptionNames<RolloutQuery> = {
  ...LISTING,
  filterLogic: true,
  statusIn: true,
  rolloutIdIn: true,
  rolloutIdContains: true,
};

export function startRolloutRequest(rollout: NewRollout & WorkerOption): StoreRequest<AttemptedRollout> {
  onlyKnown('startRollout', rollout, { ...NEW_ROLLOUT, workerId: true });
  return {
    method: 'POST',
    path: '/rollouts',
    body: { ...encodeNewRollout(rollout), worker_id: rollout.workerId ?? null },
    read: decodeAttemptedRollout,
  };
}

export function getRolloutRequest(rolloutId: string): StoreRequest<Rollout | undefined> {
  return { method: 'GET', path: `/rollouts/${segment('rolloutId', rolloutId)}`, read: orUndefined(decodeRollout) };
}

export function updateRolloutRequest(rolloutId: string, changes: RolloutChanges): StoreRequest<Rollout> {
  const { input, mode, resourcesId, status, config, metadata } = onlyKnown('updateRollout', changes, CHANGES);
  return {
    method: 'POST',
    path: `/rollouts/${idToChange('rolloutId', rolloutId)}`,
    // What is undefined has no place in JSON, and that is how the wire says that it stays.
    body: {
      input: input === undefined ? undefined : checkInput(input),
      mode,
      resources_id: resourcesId,
      status,
      config: config === undefined ? undefined : encodeConfig(config),
      metadata,
    },
    read: decodeRollout,
  };
}

export function queryRolloutsRequest(query: RolloutQuery): StoreRequest<Page<Rollout>> {
  onlyKnown('queryRollouts', query, QUERY);
  return {
    method: 'POST',
    path: '/rollouts/search',
    body: {
      ...pageOf(query),
      status_in: query.statusIn,
      rollout_id_in: query.rolloutIdIn,
      rollout_id_contains: query.rolloutIdContains,
      filter_logic: logicOf(query),
      ...sortingOf(query),
    },
    read: (json) => decodePage(json, decodeRollout),
  };
}

/** Those of the ids that have ended, at once: a wait on the server's side would hold one of its few threads (4.10). */
export function endedRolloutsRequest(rolloutIds: readonly string[]): StoreRequest<Rollout[]> {
  return {
    method: 'POST',
    path: '/waits/rollouts',
    body: { rollout_ids: rolloutIds, timeout: 0 },
    read: (json) => arrayOf(json, 'the answer to waiting').map((rollout) => decodeRollout(rollout)),
  };
}
