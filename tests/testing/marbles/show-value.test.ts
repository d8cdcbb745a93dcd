import { of } from 'rxjs';
import { columnsOf } from '../../../src/testing/marbles/columns.js';
import { showValue } from '../../../src/testing/marbles/show-value.js';

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}

describe('showValue', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [-0, '-0'],
    [5n, '5n'],
    ['text', "'text'"],
    ["it's", `"it's"`],
    ['both \' and "', `'both \\' and "'`],
    ['line\nbreak', `'line\\nbreak'`],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [columnsOf, 'function columnsOf'],
    [Point, 'class Point'],
    [[], '[]'],
    [{}, '{}'],
    [[1, [2, 'x']], "[1, [2, 'x']]"],
    [{ a: 1, 'b-c': { d: null } }, "{ a: 1, 'b-c': { d: null } }"],
    [new Point(1, 2), 'Point { x: 1, y: 2 }'],
    [Object.create(null), '{}'],
    [new Map([['a', 1]]), "Map { 'a' => 1 }"],
    [new Set([1, 2]), 'Set { 1, 2 }'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'an invalid Date'],
    [/a+/g, '/a+/g'],
    [new TypeError('no\nstack'), 'TypeError: no'],
    [new TypeError(''), 'TypeError'],
    [new Uint8Array(), 'no bytes'],
    [new Uint8Array([7]), '1 byte <07>'],
    [Buffer.from('hello'), "5 bytes 'hello'"],
    [new Uint8Array(5000), '5000 bytes <00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00…>'],
    [new Float64Array(2), 'Float64Array of 16 bytes'],
    [{ a: { b: { c: { d: { e: { f: 1 } } } } } }, '{ a: { b: { c: { d: { e: {…} } } } } }'],
    [Array.from({ length: 25 }, () => 0), `[${'0, '.repeat(20)}… 5 more]`],
    [
      [
        { frame: 2, notification: { kind: 'N', value: 'a' } },
        { frame: 3, notification: { kind: 'C' } },
      ],
      "Observable '--a|'",
    ],
  ])('shows %p as %s', (value, text) => {
    expect(showValue(value, 100)).toBe(text);
  });

  it('shows an Observable without looking inside', () => {
    expect(showValue(of(1))).toMatch(/^Observable \{/);
  });

  it('shortens to the columns of a terminal', () => {
    expect(showValue('日本語日本語', 9)).toBe("'日本語…");
    expect(showValue({ name: 'a rather long name' }, 20)).toBe("{ name: 'a rather l…");
  });

  it('shows the rest of an object that throws', () => {
    const value = {
      a: 1,
      get b(): never {
        throw new Error('do not look');
      },
    };
    expect(showValue(value)).toBe('{ a: 1, b: (throws) }');
  });

  it('ends with what holds itself', () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    expect(showValue(value)).toBe('{ self: { self: { self: { self: { self: {…} } } } } }');
  });
});
