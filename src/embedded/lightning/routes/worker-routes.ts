import type { WirePage, WireWorker } from '../../../codecs/lightning/wire.js';
import { workerUpdate } from '../reading/attempt-requests.js';
import { optionalBody, requiredBody } from '../reading/body.js';
import { workerQuery } from '../reading/list-queries.js';
import { queryParameters } from '../reading/query-string.js';
import { Filter } from '../store/filter.js';
import type { LightningStore } from '../store/lightning-store.js';
import { checkPage, pageOf } from '../store/page.js';
import { workerFields } from '../store/sort-fields.js';
import { notNull } from './not-null.js';
import { AGL, type Route } from './route.js';

type WorkerQuery = ReturnType<typeof workerQuery.read>;

export const listWorkers: Route = {
  name: 'queryWorkers',
  method: 'GET',
  path: `${AGL}/workers`,
  handle: ({ store, query, now }) => workerPage(store, queryParameters(query, workerQuery), now),
};

export const searchWorkers: Route = {
  name: 'queryWorkers',
  method: 'POST',
  path: `${AGL}/workers/search`,
  handle: ({ store, request, now }) => workerPage(store, requiredBody(request, workerQuery.read), now),
};

export const getWorker: Route = {
  name: 'getWorker',
  method: 'GET',
  path: `${AGL}/workers/{}`,
  handle: ({ store, params: [id = ''] }) => store.workers.find(id) ?? null,
};

export const updateWorker: Route = {
  name: 'updateWorker',
  method: 'POST',
  path: `${AGL}/workers/{}`,
  handle({ store, params: [id = ''], request, now }) {
    const update = optionalBody(request, workerUpdate);
    return store.workers.heartbeat(id, notNull('heartbeat_stats', update?.heartbeat_stats), now);
  },
};

function workerPage(store: LightningStore, query: WorkerQuery, now: number): WirePage<WireWorker> {
  checkPage(query, workerFields);
  store.watchdog.scan(now);
  const filter = new Filter<WireWorker>()
    .within('status', query.status_in)
    .contains('worker_id', query.worker_id_contains);
  return pageOf(filter.apply(store.workers.all(), query.filter_logic), query, workerFields);
}
