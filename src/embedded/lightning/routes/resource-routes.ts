import type { WireResourcesUpdate } from '../../../codecs/lightning/wire.js';
import { requiredBody } from '../reading/body.js';
import { resourcesQuery } from '../reading/list-queries.js';
import { queryParameters } from '../reading/query-string.js';
import { namedResources } from '../reading/resource-requests.js';
import { Filter } from '../store/filter.js';
import { checkPage, pageOf } from '../store/page.js';
import { resourcesFields } from '../store/sort-fields.js';
import { AGL, type Route } from './route.js';

/** The only list that has no twin which is asked with a body. */
export const listResources: Route = {
  name: 'queryResources',
  method: 'GET',
  path: `${AGL}/resources`,
  handle({ store, query }) {
    const asked = queryParameters(query, resourcesQuery);
    checkPage(asked, resourcesFields);
    const filter = new Filter<WireResourcesUpdate>()
      .exact('resources_id', asked.resources_id)
      .contains('resources_id', asked.resources_id_contains);
    return pageOf(filter.apply(store.resources.all(), 'and'), asked, resourcesFields);
  },
};

export const addResources: Route = {
  name: 'addResources',
  method: 'POST',
  path: `${AGL}/resources`,
  status: 201,
  handle({ store, request, now }) {
    const resources = requiredBody(request, namedResources);
    return store.resources.put(store.newResourcesId(), resources, now);
  },
};

export const latestResources: Route = {
  name: 'getLatestResources',
  method: 'GET',
  path: `${AGL}/resources/latest`,
  handle: ({ store }) => store.resources.latest ?? null,
};

export const updateResources: Route = {
  name: 'updateResources',
  method: 'POST',
  path: `${AGL}/resources/{}`,
  handle({ store, params: [id = ''], request, now }) {
    const resources = requiredBody(request, namedResources);
    store.watchdog.scan(now);
    return store.resources.put(id, resources, now);
  },
};

export const getResources: Route = {
  name: 'getResources',
  method: 'GET',
  path: `${AGL}/resources/{}`,
  handle: ({ store, params: [id = ''] }) => store.resources.find(id) ?? null,
};
