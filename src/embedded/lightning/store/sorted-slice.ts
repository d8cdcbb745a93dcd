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
  const order = orderOf(items, name, field, descending);
  const places = 8 * to < items.length ? firstFew(items.length, to, order) : all(items.length).sort(order);
  const result: T[] = [];
  for (const place of places.slice(from, to)) {
    const item = items[place];
    if (item !== undefined) result.push(item);
  }
  return result;
}

function orderOf(items: readonly object[], name: string, field: SortField, descending: boolean): Order {
  const sign = descending ? -1 : 1;
  const valueOf = (item: object): unknown => sortKey(Reflect.get(item, name), name, field);
  if (field.kind === 'number') {
    const keys = Float64Array.from(items, (item) => Number(valueOf(item)));
    return (a, b) => {
      const [x, y] = [keys[a] ?? 0, keys[b] ?? 0];
      if (x === y || Number.isNaN(x) || Number.isNaN(y)) return a - b;
      return x < y ? -sign : sign;
    };
  }
  const keys = items.map(valueOf);
  if (field.kind === 'string') {
    const texts = keys as string[];
    return (a, b) => sign * codePointOrder(texts[a] ?? '', texts[b] ?? '') || a - b;
  }
  const { className } = field;
  const nameOf = (value: unknown): string => {
    const plain = pythonName(value);
    return plain === 'dict' ? (className ?? plain) : plain;
  };
  return (a, b) => sign * pythonOrder(keys[a], keys[b], nameOf) || a - b;
}

/** The places of the first `count`, sorted: keeps twice as many candidates at most. */
function firstFew(length: number, count: number, order: Order): number[] {
  if (count <= 0) return [];
  let kept: number[] = [];
  let worst = -1;
  for (let place = 0; place < length; place++) {
    if (worst >= 0 && order(place, worst) > 0) continue;
    kept.push(place);
    if (kept.length < 2 * count) continue;
    kept = kept.sort(order).slice(0, count);
    worst = kept.at(-1) ?? -1;
  }
  return kept.sort(order).slice(0, count);
}

const all = (length: number): number[] => Array.from({ length }, (_, place) => place);
