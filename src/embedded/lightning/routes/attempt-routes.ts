import type { WireAttempt, WirePage } from '../../../codecs/lightning/wire.js';
import { attemptUpdate, startAttemptRequest } from '../reading/attempt-requests.js';
import { optionalBody, requiredBody } from '../reading/body.js';
import { attemptQuery, type PageQuery } from '../reading/list-queries.js';
import { queryParameters } from '../reading/query-string.js';
import type { LightningStore } from '../store/lightning-store.js';
import { checkPage, pageOf } from '../store/page.js';
import { attemptFields } from '../store/sort-fields.js';
import { notNull } from './not-null.js';
import { AGL, type Route } from './route.js';

export const startAttempt: Route = {
  name: 'startAttempt',
  method: 'POST',
  path: `${AGL}/rollouts/{}/attempts`,
  status: 201,
  handle({ store, params: [id = ''], request, now }) {
    const { worker_id: workerId = null } = optionalBody(request, startAttemptRequest) ?? {};
    store.watchdog.scan(now);
    return store.startAttempt(store.rollouts.get(id), workerId, now);
  },
};

export const listAttempts: Route = {
  name: 'queryAttempts',
  method: 'GET',
  path: `${AGL}/rollouts/{}/attempts`,
  handle: ({ store, params: [id = ''], query, now }) =>
    attemptPage(store, id, queryParameters(query, attemptQuery), now),
};

export const searchAttempts: Route = {
  name: 'queryAttempts',
  method: 'POST',
  path: `${AGL}/rollouts/{}/attempts/search`,
  handle: ({ store, params: [id = ''], request, now }) =>
    attemptPage(store, id, requiredBody(request, attemptQuery.read), now),
};

export const latestAttempt: Route = {
  name: 'getLatestAttempt',
  method: 'GET',
  path: `${AGL}/rollouts/{}/attempts/latest`,
  handle({ store, params: [id = ''], now }) {
    store.watchdog.scan(now);
    return store.rollouts.find(id)?.attempts.at(-1) ?? null;
  },
};

export const updateAttempt: Route = {
  name: 'updateAttempt',
  method: 'POST',
  path: `${AGL}/rollouts/{}/attempts/{}`,
  handle({ store, params: [id = '', attemptId = ''], request, now }) {
    const update = requiredBody(request, attemptUpdate);
    const change = {
      status: notNull('status', update.status),
      worker_id: notNull('worker_id', update.worker_id),
      last_heartbeat_time: notNull('last_heartbeat_time', update.last_heartbeat_time),
      metadata: notNull('metadata', update.metadata),
    };
    store.watchdog.scan(now);
    const entry = store.rollouts.get(id);
    const attempt = store.attempts.resolve(entry, attemptId);
    store.attempts.change(entry, attempt, change, now);
    return attempt;
  },
};

function attemptPage(store: LightningStore, id: string, query: PageQuery, now: number): WirePage<WireAttempt> {
  checkPage(query, attemptFields);
  store.watchdog.scan(now);
  return pageOf(store.rollouts.find(id)?.attempts ?? [], query, attemptFields);
}
