import type { WirePage, WireRollout } from '../../../codecs/lightning/wire.js';
import { requiredBody } from '../reading/body.js';
import { rolloutQuery } from '../reading/list-queries.js';
import { queryParameters } from '../reading/query-string.js';
import { rolloutUpdate } from '../reading/rollout-requests.js';
import { Filter } from '../store/filter.js';
import type { LightningStore } from '../store/lightning-store.js';
import { checkPage, pageOf } from '../store/page.js';
import { withLatestAttempt, type RolloutEntry } from '../store/rollouts.js';
import { rolloutFields } from '../store/sort-fields.js';
import { StoreError, valueError } from '../store/store-error.js';
import { notNull } from './not-null.js';
import { AGL, type Route } from './route.js';

type RolloutQuery = ReturnType<typeof rolloutQuery.read>;

export const listRollouts: Route = {
  name: 'queryRollouts',
  method: 'GET',
  path: `${AGL}/rollouts`,
  handle: ({ store, query, now }) => rolloutPage(store, queryParameters(query, rolloutQuery), now),
};

export const searchRollouts: Route = {
  name: 'queryRollouts',
  method: 'POST',
  path: `${AGL}/rollouts/search`,
  handle: ({ store, request, now }) => rolloutPage(store, requiredBody(request, rolloutQuery.read), now),
};

export const getRollout: Route = {
  name: 'getRollout',
  method: 'GET',
  path: `${AGL}/rollouts/{}`,
  handle({ store, params: [id = ''], now }) {
    store.watchdog.scan(now);
    const entry = store.rollouts.find(id);
    // Null is what the genuine store finds, and what its own model of the answer then refuses.
    if (entry === undefined) throw new StoreError('ResponseValidationError', `no rollout ${id}`);
    return withLatestAttempt(entry);
  },
};

export const updateRollout: Route = {
  name: 'updateRollout',
  method: 'POST',
  path: `${AGL}/rollouts/{}`,
  handle({ store, params: [id = ''], request, now }) {
    const { status, config, ...rest } = requiredBody(request, rolloutUpdate);
    const change = { ...rest, status: notNull('status', status), config: notNull('config', config) };
    store.watchdog.scan(now);
    const entry = store.rollouts.find(id);
    if (entry === undefined) throw valueError(`Item does not exist with primary key(s): rollout_id='${id}'`);
    store.rollouts.change(entry, change, now);
    return entry.rollout;
  },
};

function rolloutPage(store: LightningStore, query: RolloutQuery, now: number): WirePage<WireRollout> {
  checkPage(query, rolloutFields);
  store.watchdog.scan(now);
  const filter = new Filter<WireRollout>()
    .within('status', query.status_in)
    .within('rollout_id', query.rollout_id_in)
    .contains('rollout_id', query.rollout_id_contains);
  const page = pageOf(filter.apply(store.rollouts.plain, query.filter_logic), query, rolloutFields);
  return { ...page, items: page.items.map((rollout) => shown(store.rollouts.find(rollout.rollout_id), rollout)) };
}

function shown(entry: RolloutEntry | undefined, rollout: WireRollout): WireRollout {
  return entry === undefined ? rollout : withLatestAttempt(entry);
}
