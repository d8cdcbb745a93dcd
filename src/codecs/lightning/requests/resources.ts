import { decodePage, type Page } from '../page.js';
import { onlyKnown } from '../../../foundation/known-options.js';
import { decodeResourcesUpdate, encodeResources, type NamedResources, type ResourcesUpdate } from '../resources.js';
import { LISTING, pageOf, sortingOf, type Listing } from './listing.js';
import { orUndefined, segment, type StoreRequest } from './store-request.js';

/** Which snapshots of resources. */
export interface ResourcesQuery extends Listing<keyof ResourcesUpdate> {
  readonly resourcesId?: string | undefined;
  readonly resourcesIdContains?: string | undefined;
}

export function addResourcesRequest(resources: NamedResources): StoreRequest<ResourcesUpdate> {
  return { method: 'POST', path: '/resources', body: encodeResources(resources), read: decodeResourcesUpdate };
}

export function updateResourcesRequest(id: string, resources: NamedResources): StoreRequest<ResourcesUpdate> {
  return { ...addResourcesRequest(resources), path: snapshotPath(id) };
}

export function getResourcesRequest(id: string): StoreRequest<ResourcesUpdate | undefined> {
  return { method: 'GET', path: snapshotPath(id), read: orUndefined(decodeResourcesUpdate) };
}

export function latestResourcesRequest(): StoreRequest<ResourcesUpdate | undefined> {
  return { method: 'GET', path: '/resources/latest', read: orUndefined(decodeResourcesUpdate) };
}

export function queryResourcesRequest(query: ResourcesQuery): StoreRequest<Page<ResourcesUpdate>> {
  onlyKnown('queryResources', query, { ...LISTING, resourcesId: true, resourcesIdContains: true });
  const { limit, offset } = pageOf(query);
  const parameters = new URLSearchParams({ limit: String(limit), offset: String(offset), ...sortingOf(query) });
  if (query.resourcesId !== undefined) parameters.append('resources_id', query.resourcesId);
  if (query.resourcesIdContains !== undefined) parameters.append('resources_id_contains', query.resourcesIdContains);
  return {
    method: 'GET',
    path: `/resources?${parameters.toString()}`,
    read: (json) => decodePage(json, decodeResourcesUpdate),
  };
}

function snapshotPath(id: string): string {
  return `/resources/${segment('resourcesId', id)}`;
}
