import { InvalidOptionError } from '../../src/foundation/errors.js';

describe('InvalidOptionError says what it got', () => {
  it.each<[string, unknown, string]>([
    ['a text, in quotes', '5s', '"5s"'],
    ['a long text, cut', 'x'.repeat(81), `"${'x'.repeat(80)}…"`],
    ['a bigint', 5n, '5n'],
    ['bytes, by their number', new Uint8Array(3), '3 bytes'],
    ['nothing', undefined, 'undefined'],
    ['a list, by its length', ['secret', 2], 'an array of 2'],
    ['an object, by what it has', { host: 'localhost', token: 'secret' }, 'an object with host, token'],
    ['a large object', { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'an object with a, b, c, d, e, …'],
    ['an empty object', Object.create(null), 'an object with nothing in it'],
    ['an object of a class', new Date(0), 'an instance of Date'],
  ])('%s', (_, value, shown) => {
    expect(new InvalidOptionError('option', value, 'must be right').message).toBe(
      `option: must be right, got ${shown}`,
    );
  });
});
