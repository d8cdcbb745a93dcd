import { decodePage, type Page } from '../page.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import type { WorkerStatus } from '../wire.js';
import { decodeWorker, type Worker } from '../worker.js';
import { LISTING, logicOf, pageOf, sortingOf, type Filters, type Listing } from './listing.js';
import { idToChange, orUndefined, segment, type StoreRequest } from './store-request.js';

/** Which workers. */
export interface WorkerQuery extends Listing<keyof Worker>, Filters {
  readonly statusIn?: readonly WorkerStatus[] | undefined;
  /** A part of the id. */
  readonly workerIdContains?: string | undefined;
}

export function queryWorkersRequest(query: WorkerQuery): StoreRequest<Page<Worker>> {
  onlyKnown('queryWorkers', query, { ...LISTING, filterLogic: true, statusIn: true, workerIdContains: true });
  return {
    method: 'POST',
    path: '/workers/search',
    body: {
      ...pageOf(query),
      status_in: query.statusIn,
      worker_id_contains: query.workerIdContains,
      filter_logic: logicOf(query),
      ...sortingOf(query),
    },
    read: (json) => decodePage(json, decodeWorker),
  };
}

export function getWorkerRequest(workerId: string): StoreRequest<Worker | undefined> {
  return { method: 'GET', path: `/workers/${segment('workerId', workerId)}`, read: orUndefined(decodeWorker) };
}

export function updateWorkerRequest(
  workerId: string,
  heartbeatStats: Readonly<Record<string, unknown>> | undefined,
): StoreRequest<Worker> {
  return {
    method: 'POST',
    path: `/workers/${idToChange('workerId', workerId)}`,
    body: heartbeatStats === undefined ? undefined : { heartbeat_stats: heartbeatStats },
    read: decodeWorker,
  };
}
