import { numberOf, objectOf } from '../json.js';
import { decodePage, type Page } from '../page.js';
import { onlyKnown, type OptionNames } from '../../../foundation/known-options.js';
import { decodeSpan, encodeSpan, type Span } from '../span.js';
import { LISTING, logicOf, pageOf, sortingOf, type Filters, type Listing } from './listing.js';
import { checkId, orUndefined, type StoreRequest } from './store-request.js';

/** Which spans of a rollout. Sorted by `sequenceId` by default. */
export interface SpanQuery extends Listing<keyof Span>, Filters {
  /** An id or `'latest'`; all attempts by default. */
  readonly attemptId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly traceIdContains?: string | undefined;
  readonly spanId?: string | undefined;
  readonly spanIdContains?: string | undefined;
  readonly parentId?: string | undefined;
  readonly parentIdContains?: string | undefined;
  readonly name?: string | undefined;
  readonly nameContains?: string | undefined;
}

const QUERY: OptionNames<SpanQuery> = {
  ...LISTING,
  filterLogic: true,
  attemptId: true,
  traceId: true,
  traceIdContains: true,
  spanId: true,
  spanIdContains: true,
  parentId: true,
  parentIdContains: true,
  name: true,
  nameContains: true,
};

export function addSpanRequest(span: Span): StoreRequest<Span | undefined> {
  return { method: 'POST', path: '/spans', body: encodeSpan(span), read: orUndefined(decodeSpan) };
}

export function querySpansRequest(rolloutId: string, query: SpanQuery): StoreRequest<Page<Span>> {
  onlyKnown('querySpans', query, QUERY);
  return {
    method: 'POST',
    path: '/spans/search',
    body: {
      rollout_id: checkId('rolloutId', rolloutId),
      ...pageOf(query),
      attempt_id: query.attemptId,
      trace_id: query.traceId,
      trace_id_contains: query.traceIdContains,
      span_id: query.spanId,
      span_id_contains: query.spanIdContains,
      parent_id: query.parentId,
      parent_id_contains: query.parentIdContains,
      name: query.name,
      name_contains: query.nameContains,
      filter_logic: logicOf(query),
      ...sortingOf(query, 'sequenceId'),
    },
    read: (json) => decodePage(json, decodeSpan),
  };
}

export function nextSequenceIdRequest(rolloutId: string, attemptId: string): StoreRequest<number> {
  return {
    method: 'POST',
    path: '/spans/next',
    body: { rollout_id: checkId('rolloutId', rolloutId), attempt_id: checkId('attemptId', attemptId) },
    read: (json) => numberOf(objectOf(json, 'a sequence id'), 'sequence_id'),
  };
}
