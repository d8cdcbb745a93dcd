import fc from 'fast-check';
import { codePointOrder } from '../../../src/embedded/lightning/store/python-order.js';
import { sortedSlice } from '../../../src/embedded/lightning/store/sorted-slice.js';
import type { SortField } from '../../../src/embedded/lightning/store/sort-fields.js';

const number: SortField = { kind: 'number', absent: Infinity };
const text: SortField = { kind: 'string', absent: '' };
const other: SortField = { kind: 'other', absent: { unsupported: 'typing.Any' }, className: 'RolloutConfig' };

interface Item {
  readonly place: number;
  readonly value: unknown;
}

const itemsOf = (values: readonly unknown[]): Item[] => values.map((value, place) => ({ place, value }));

it('sorts stably, whatever part is asked for', () => {
  const values = fc.array(fc.option(fc.integer({ min: 0, max: 5 })), { maxLength: 200 });
  fc.assert(
    fc.property(values, fc.boolean(), fc.nat(20), fc.nat(30), (list, descending, from, count) => {
      const items = itemsOf(list);
      const key = ({ value }: Item): number => (value === null ? Infinity : Number(value));
      const sorted = [...items].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        return x === y ? a.place - b.place : (x < y ? -1 : 1) * (descending ? -1 : 1);
      });
      const to = Math.min(items.length, from + count);
      expect(sortedSlice(items, 'value', number, descending, from, to)).toEqual(sorted.slice(from, to));
    }),
  );
});

it('sorts strings by code point', () => {
  const byCodePoints = (a: string, b: string): number => {
    const [x, y] = [Array.from(a, (c) => c.codePointAt(0) ?? 0), Array.from(b, (c) => c.codePointAt(0) ?? 0)];
    for (let at = 0; at < Math.min(x.length, y.length); at++)
      if (x[at] !== y[at]) return Math.sign((x[at] ?? 0) - (y[at] ?? 0));
    return Math.sign(x.length - y.length);
  };
  const strings = fc.string({ unit: fc.constantFrom('a', 'b', '\u{ffff}', '\u{e000}', '\u{10000}', '\u{1f600}', 'é') });
  fc.assert(
    fc.property(strings, strings, (a, b) => Math.sign(codePointOrder(a, b)) === byCodePoints(a, b)),
    { numRuns: 500 },
  );
  const items = itemsOf(['b', null, 'a', '\u{1f600}', '\u{ffff}']);
  expect(sortedSlice(items, 'value', text, true, 0, 5).map(({ place }) => place)).toEqual([3, 4, 0, 2, 1]);
});

it.each([
  [[{}, {}], "TypeError: '<' not supported between instances of 'RolloutConfig' and 'RolloutConfig'"],
  [['a', 1], "TypeError: '<' not supported between instances of 'int' and 'str'"],
  [[[1], ['a']], "TypeError: '<' not supported between instances of 'str' and 'int'"],
  [[null], "ValueError: Failed to sort items by 'value': unsupported field type 'typing.Any'"],
])('cannot sort %p', (values, complaint) => {
  const [errorType, message] = complaint.split(/: (.*)/);
  const sort = (): unknown => sortedSlice(itemsOf(values), 'value', other, false, 0, values.length);
  expect(sort).toThrow(expect.objectContaining({ errorType, message }));
});

it('sorts arrays item by item, numbers among booleans', () => {
  const values = [[2], [1, 5], [1], [true, 4], []];
  const sorted = sortedSlice(itemsOf(values), 'value', other, false, 0, 5);
  expect(sorted.map(({ place }) => place)).toEqual([4, 2, 3, 1, 0]);
});
