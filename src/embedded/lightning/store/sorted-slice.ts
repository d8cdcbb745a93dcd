import { codePointOrder, pythonName, pythonOrder } from './python-order.js';
import { sortKey, type SortField } from './sort-fields.js';

/** Compares two items by their places in the unsorted list; never 0 for different ones. */
type Order = (a: number, b: number) => number;

/**
 * `items` from place `from` up to `to`, sorted by a field. The sort is stable, also when it is descending; where only a
 * small part is asked for, only as much is sorted.
 */
export function sortedSlice<T extends object>(
  items: readonly T[],
  name: string,
  field: SortField,
  descending: boolean,
  from: number,
  to: number,
): T[] {
  const keys = keysOf(items, name, field);
  const order = orderOf(keys, field, descending);
  const places = 8 * to < items.length ? firstFew(items.length, to, order) : all(items.length).sort(order);
  const result: T[] = [];
  for (const place of places.slice(from, to)) {
    const item = items[place];
    if (item !== undefined) result.push(item);
  }
  return result;
}

function keysOf(items: readonly object[], name: string, field: SortField): unknown[] {
  const keys: unknown[] = [];
  for (const item of items) keys.push(sortKey((item as Readonly<Record<string, unknown>>)[name], name, field));
  return keys;
}

function orderOf(keys: readonly unknown[], field: SortField, descending: boolean): Order {
  const sign = descending ? -1 : 1;
  if (field.kind === 'number') return numberOrder(Float64Array.from(keys as number[]), sign);
  if (field.kind === 'string') return stringOrder(keys as string[], sign);
  const { className } = field;
  const nameOf = (value: unknown): string => {
    const plain = pythonName(value);
    return plain === 'dict' ? (className ?? plain) : plain;
  };
  return (a, b) => sign * pythonOrder(keys[a], keys[b], nameOf) || a - b;
}

function numberOrder(keys: Float64Array, sign: number): Order {
  return (a, b) => {
    const [x, y] = [keys[a] ?? 0, keys[b] ?? 0];
    if (x < y) return -sign;
    return x > y ? sign : a - b;
  };
}

function stringOrder(keys: readonly string[], sign: number): Order {
  return (a, b) => sign * codePointOrder(keys[a] ?? '', keys[b] ?? '') || a - b;
}

/** The places of the first `count`, sorted: keeps twice as many candidates at most. */
function firstFew(length: number, count: number, order: Order): number[] {
  if (count <= 0) return [];
  // From the end that the first few are more likely to be at: lists are often in order, or in reverse.
  const backwards = order(length - 1, 0) < 0;
  let kept: number[] = [];
  let worst = -1;
  for (let step = 0; step < length; step++) {
    const place = backwards ? length - 1 - step : step;
    if (worst >= 0 && order(place, worst) > 0) continue;
    kept.push(place);
    if (kept.length < 2 * count) continue;
    kept = kept.sort(order).slice(0, count);
    worst = kept.at(-1) ?? -1;
  }
  return kept.sort(order).slice(0, count);
}

const all = (length: number): number[] => Array.from({ length }, (_, place) => place);
