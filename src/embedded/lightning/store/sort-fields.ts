import { StoreError } from './store-error.js';

/** How the values of a field sort; `null` says what stands for null. */
export interface SortField {
  readonly kind: 'number' | 'string' | 'other';
  /** What stands for null, or the type in the complaint that there is nothing. */
  readonly absent: number | string | { readonly unsupported: string };
  /** The class of its objects, where they have no order. */
  readonly className?: string;
}

export type SortFields = ReadonlyMap<string, SortField>;

const time: SortField = { kind: 'number', absent: Infinity };
const number: SortField = { kind: 'number', absent: 0 };
const text: SortField = { kind: 'string', absent: '' };
const dict: SortField = { kind: 'other', absent: '' };
const list: SortField = { kind: 'other', absent: '' };
const model = (className: string): SortField => ({ kind: 'other', absent: { unsupported: className }, className });

/** The fields of the models, in their order (lightning.md 3): what lists may be sorted by. */
export const rolloutFields: SortFields = new Map([
  ['rollout_id', text],
  ['input', { kind: 'other', absent: { unsupported: 'typing.Any' } }],
  ['start_time', time],
  ['end_time', time],
  ['mode', text],
  ['resources_id', text],
  ['status', text],
  ['config', model('RolloutConfig')],
  ['metadata', dict],
]);

export const attemptFields: SortFields = new Map([
  ['rollout_id', text],
  ['attempt_id', text],
  ['sequence_id', number],
  ['start_time', time],
  ['end_time', time],
  ['status', text],
  ['worker_id', text],
  ['last_heartbeat_time', time],
  ['metadata', dict],
]);

export const workerFields: SortFields = new Map([
  ['worker_id', text],
  ['status', text],
  ['heartbeat_stats', dict],
  ['last_heartbeat_time', time],
  ['last_dequeue_time', time],
  ['last_busy_time', time],
  ['last_idle_time', time],
  ['current_rollout_id', text],
  ['current_attempt_id', text],
]);

export const resourcesFields: SortFields = new Map([
  ['resources_id', text],
  ['create_time', time],
  ['update_time', time],
  ['version', number],
  ['resources', dict],
]);

export const spanFields: SortFields = new Map([
  ['rollout_id', text],
  ['attempt_id', text],
  ['sequence_id', number],
  ['trace_id', text],
  ['span_id', text],
  ['parent_id', text],
  ['name', text],
  ['status', model('TraceStatus')],
  ['attributes', dict],
  ['events', list],
  ['links', list],
  ['start_time', time],
  ['end_time', time],
  ['context', model('SpanContext')],
  ['parent', model('SpanContext')],
  ['resource', model('OtelResource')],
]);

/**
 * What an item is sorted by.
 *
 * @throws StoreError where the genuine store doesn't know what a null should sort as.
 */
export function sortKey(value: unknown, name: string, { absent }: SortField): unknown {
  if (value !== null && value !== undefined) return value;
  if (typeof absent !== 'object') return absent;
  const message = `Failed to sort items by '${name}': unsupported field type '${absent.unsupported}'`;
  throw new StoreError('ValueError', message);
}
