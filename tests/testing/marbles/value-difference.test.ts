import { valueDifference } from '../../../src/testing/marbles/value-difference.js';

const told = (expected: unknown, actual: unknown, partial = false): string => {
  const found = valueDifference(expected, actual, partial);
  return found === undefined ? 'none' : `${found.path}: ${found.actual}, not ${found.expected}`;
};

describe('valueDifference', () => {
  it.each<[unknown, unknown, string]>([
    [1, 1, 'none'],
    [1, 2, ': 2, not 1'],
    [{ a: { b: [1, 2, { c: 3 }] } }, { a: { b: [1, 2, { c: 4 }] } }, '.a.b[2].c: 4, not 3'],
    [{ a: 1 }, {}, '.a: nothing, not 1'],
    [{}, { a: undefined }, '.a: undefined, not nothing'],
    [{ 'x-y': 1 }, { 'x-y': 2 }, "['x-y']: 2, not 1"],
    [[1, 2], [1], '[1]: nothing, not 2'],
    [[1], { 0: 1 }, ': { 0: 1 }, not [1]'],
    [{ a: new Map([[1, 2]]) }, { a: new Map([[1, 3]]) }, '.a: Map { 1 => 3 }, not Map { 1 => 2 }'],
    [{ a: expect.any(Number), b: 1 }, { a: 5, b: 2 }, '.b: 2, not 1'],
    [new TypeError('one'), new TypeError('two'), ': TypeError: two, not TypeError: one'],
    [Object.assign(new Error('one'), { code: 1 }), Object.assign(new Error('one'), { code: 2 }), '.code: 2, not 1'],
    [Buffer.from([1, 2, 3]), Buffer.from([1, 9, 3]), 'from byte 1: 2 bytes <09 03>, not 2 bytes <02 03>'],
    [{ a: Buffer.from([1]) }, { a: Buffer.from([1, 2]) }, '.a from byte 1: 1 byte <02>, not the end'],
    ['short', 'shirt', ": 'shirt', not 'short'"],
    [
      { text: `${'a'.repeat(50)}b${'c'.repeat(50)}` },
      { text: `${'a'.repeat(50)}x${'c'.repeat(50)}` },
      `.text from character 50: …'${'a'.repeat(10)}x${'c'.repeat(19)}'…, not …'${'a'.repeat(10)}b${'c'.repeat(19)}'…`,
    ],
  ])('of %p and %p', (expected, actual, text) => {
    expect(told(expected, actual)).toBe(text);
  });

  it('looks only for what is named, if the rest does not matter', () => {
    class Event {
      fate = 'acked';
      attempt = 2;
    }
    expect(told({ attempt: 3 }, new Event(), true)).toBe('.attempt: 2, not 3');
    expect(told({ attempt: 2 }, new Event(), true)).toBe('none');
    expect(told({ attempt: 3 }, new Event())).toBe(": Event { fate: 'acked', attempt: 2 }, not { attempt: 3 }");
  });

  it('never throws', () => {
    const hostile = {
      get a(): never {
        throw new Error('do not look');
      },
    };
    expect(told({ a: 1 }, hostile)).toBe('none');
  });
});
