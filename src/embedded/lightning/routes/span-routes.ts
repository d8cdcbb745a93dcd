import type { WirePage, WireSpan } from '../../../codecs/lightning/wire.js';
import { requiredBody } from '../reading/body.js';
import { spanQuery } from '../reading/list-queries.js';
import { queryParameters } from '../reading/query-string.js';
import { nextSequenceRequest, spanRequest } from '../reading/span-requests.js';
import { Filter } from '../store/filter.js';
import type { LightningStore } from '../store/lightning-store.js';
import { checkPage, pageOf } from '../store/page.js';
import { spanFields } from '../store/sort-fields.js';
import { AGL, type Route } from './route.js';

type SpanQuery = ReturnType<typeof spanQuery.read>;

export const addSpan: Route = {
  name: 'addSpan',
  method: 'POST',
  path: `${AGL}/spans`,
  status: 201,
  handle: ({ store, request, now }) => store.spans.add(requiredBody(request, spanRequest), now) ?? null,
};

export const listSpans: Route = {
  name: 'querySpans',
  method: 'GET',
  path: `${AGL}/spans`,
  handle: ({ store, query, now }) => spanPage(store, queryParameters(query, spanQuery), now),
};

export const searchSpans: Route = {
  name: 'querySpans',
  method: 'POST',
  path: `${AGL}/spans/search`,
  handle: ({ store, request, now }) => spanPage(store, requiredBody(request, spanQuery.read), now),
};

export const nextSpanSequenceId: Route = {
  name: 'nextSpanSequenceId',
  method: 'POST',
  path: `${AGL}/spans/next`,
  handle({ store, request }) {
    const { rollout_id: rolloutId } = requiredBody(request, nextSequenceRequest);
    return { sequence_id: store.spans.nextSequenceId(rolloutId) };
  },
};

function spanPage(store: LightningStore, query: SpanQuery, now: number): WirePage<WireSpan> {
  checkPage(query, spanFields);
  store.watchdog.scan(now);
  const filter = new Filter<WireSpan>()
    .exact('trace_id', query.trace_id)
    .contains('trace_id', query.trace_id_contains)
    .exact('span_id', query.span_id)
    .contains('span_id', query.span_id_contains)
    .exact('parent_id', query.parent_id)
    .contains('parent_id', query.parent_id_contains)
    .exact('name', query.name)
    .contains('name', query.name_contains);
  const spans = store.spans.of(query.rollout_id, query.attempt_id);
  // Of nothing but no conditions, `or` finds none that holds: for spans only.
  const found = filter.empty && query.filter_logic === 'or' ? [] : filter.apply(spans, query.filter_logic);
  return pageOf(found, query, spanFields);
}
