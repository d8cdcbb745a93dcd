import type { Read } from './issues.js';
import { integer, nullable, oneOf, string } from './scalars.js';
import { defaulted, list, object, required } from './structures.js';
import { rolloutStatus, workerStatus } from './words.js';

const none = (): null => null;
const text = defaulted(nullable(string), none);
const texts = defaulted(nullable(list(string)), none);

/** What every list takes. The genuine server uses `sortBy` where the key is absent, and doesn't sort where it is null. */
const page = (sortBy: string | null) => ({
  limit: defaulted(integer, () => -1),
  offset: defaulted(integer, () => 0),
  sort_by: defaulted(nullable(string), () => sortBy),
  sort_order: defaulted(oneOf('asc', 'desc'), () => 'asc' as const),
});

const logic = { filter_logic: defaulted(oneOf('and', 'or'), () => 'and' as const) };

/** What every list takes, read. */
export interface PageQuery {
  readonly limit: number;
  readonly offset: number;
  readonly sort_by: string | null;
  readonly sort_order: 'asc' | 'desc';
}

/** How one kind of list is asked for, in the query string or in the body. */
export interface ListQuery<T> {
  readonly read: Read<T>;
  /** Parameters that may be repeated in a query string. */
  readonly repeated: ReadonlySet<string>;
}

export const rolloutQuery = {
  repeated: new Set(['status_in', 'rollout_id_in']),
  read: object({
    status_in: defaulted(nullable(list(rolloutStatus)), none),
    rollout_id_in: texts,
    rollout_id_contains: text,
    ...logic,
    ...page(null),
  }),
};

export const attemptQuery = { repeated: new Set<string>(), read: object(page('sequence_id')) };

export const workerQuery = {
  repeated: new Set(['status_in']),
  read: object({
    status_in: defaulted(nullable(list(workerStatus)), none),
    worker_id_contains: text,
    ...logic,
    ...page(null),
  }),
};

export const resourcesQuery = {
  repeated: new Set<string>(),
  read: object({ resources_id: text, resources_id_contains: text, ...page(null) }),
};

export const spanQuery = {
  repeated: new Set<string>(),
  read: object({
    rollout_id: required(string),
    attempt_id: text,
    trace_id: text,
    trace_id_contains: text,
    span_id: text,
    span_id_contains: text,
    parent_id: text,
    parent_id_contains: text,
    name: text,
    name_contains: text,
    ...logic,
    ...page('sequence_id'),
  }),
};
