import type { WirePage } from '../../../codecs/lightning/wire.js';
import type { PageQuery } from '../reading/list-queries.js';
import { Refusal } from '../reading/refusal.js';
import type { SortFields } from './sort-fields.js';
import { sortedSlice } from './sorted-slice.js';

/**
 * Refuses what the genuine server refuses before it asks its store, in its order.
 *
 * @throws Refusal
 */
export function checkPage({ sort_by: sortBy, limit, offset }: PageQuery, fields: SortFields): void {
  if (sortBy !== null && !fields.has(sortBy)) {
    const allowed = [...fields.keys()].join(', ');
    throw new Refusal(400, `Invalid sort_by: ${sortBy}, allowed fields are: ${allowed}`);
  }
  if (limit < -1 || limit === 0) throw new Refusal(400, 'Limit must be greater than 0 or -1 for no limit');
  if (offset < 0) throw new Refusal(400, 'Offset must be greater than or equal to 0');
}

/** One page of `items`, which are in the order of a list that is not sorted. */
export function pageOf<T extends object>(items: readonly T[], query: PageQuery, fields: SortFields): WirePage<T> {
  const { sort_by: sortBy, sort_order: sortOrder, limit, offset } = query;
  const end = limit === -1 ? items.length : Math.min(items.length, offset + limit);
  const field = sortBy === null ? undefined : fields.get(sortBy);
  const slice =
    sortBy === null || field === undefined
      ? items.slice(offset, end)
      : sortedSlice(items, sortBy, field, sortOrder === 'desc', offset, end);
  return { items: slice, limit, offset, total: items.length };
}
