import { integerIn } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';

/** Which part of a list, and in which order (lightning.md 3.10). `Field` is a name of the items' own fields. */
export interface Listing<Field extends string> {
  /** The most items to return, from 1; all by default. */
  readonly limit?: number | undefined;
  /** How many to leave out at the start; 0 by default. */
  readonly offset?: number | undefined;
  /** By default attempts and spans are sorted by `sequenceId`, everything else is in the order made. */
  readonly sortBy?: Field | undefined;
  /** `'asc'` by default; only with something to sort by. */
  readonly sortOrder?: 'asc' | 'desc' | undefined;
}

/** How several filters go together: `'and'` by default. */
export interface Filters {
  readonly filterLogic?: 'and' | 'or' | undefined;
}

/** Those that every query has. */
export const LISTING: OptionNames<Listing<string>> = { limit: true, offset: true, sortBy: true, sortOrder: true };

/** `limit` and `offset`, checked. */
export function pageOf({ limit = -1, offset = 0 }: Listing<string>): { limit: number; offset: number } {
  if (limit !== -1) integerIn('limit', limit, 1, Number.MAX_SAFE_INTEGER);
  return { limit, offset: integerIn('offset', offset, 0, Number.MAX_SAFE_INTEGER) };
}

/** `sort_by` and `sort_order`, left out without a field to sort by: neither asked for nor the list's `usual` one. */
export function sortingOf({ sortBy, sortOrder }: Listing<string>, usual?: string): Record<string, string> {
  if (sortOrder !== undefined && sortOrder !== 'asc' && sortOrder !== 'desc') {
    throw new InvalidOptionError('sortOrder', sortOrder, "must be 'asc' or 'desc'");
  }
  const field = sortBy ?? usual;
  if (field !== undefined) return { sort_by: wireName(field), sort_order: sortOrder ?? 'asc' };
  if (sortOrder === undefined) return {};
  throw new InvalidOptionError('sortOrder', sortOrder, 'must come with sortBy');
}

/** `filter_logic`, checked. */
export function logicOf({ filterLogic = 'and' }: Filters): 'and' | 'or' {
  if (filterLogic === 'and' || filterLogic === 'or') return filterLogic;
  throw new InvalidOptionError('filterLogic', filterLogic, "must be 'and' or 'or'");
}

/** `startTimeMs` here is `start_time` there. */
function wireName(field: string): string {
  return field.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
