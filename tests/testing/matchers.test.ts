import { assertMarbles, type Recorded } from '../../src/testing/marbles/assert-marbles.js';
import { MarbleMismatchError } from '../../src/testing/marbles/marble-mismatch-error.js';
import { matchers, type MarbleMatchers } from '../../src/testing/marbles/matchers.js';
import { fates, recorded } from './marbles/recorded.js';

declare global {
  // eslint-disable-next-line typescript/no-namespace
  namespace jest {
    interface Matchers<R> extends MarbleMatchers<R> {}
  }
}

expect.extend(matchers);

describe('toMatchMarbles', () => {
  it('passes what is the same, of a recording or of what has one', () => {
    expect(fates('-a-n|')).toMatchMarbles('-a-n|');
    expect({ recording: recorded('-a|', { a: 5 }) }).toMatchMarbles('-a|', { a: 5 });
    expect(recorded('-#', { '#': new Error('boom') })).toMatchMarbles('-#', {}, /boom/);
  });

  it('shows what is not', () => {
    expect(() => expect(fates('-a--n|')).toMatchMarbles('-a-n|')).toThrow(`\
fate of flo:tasks: n (nacked) came 1 ms too late, at 4 ms instead of 3 ms

  expected  -a-n|
  actual    -a--n|
`);
  });

  it('has a negation', () => {
    expect(fates('-a-n|')).not.toMatchMarbles('-a-a|');
    expect(() => expect(fates('-a-n|')).not.toMatchMarbles('-a-n|')).toThrow(
      'fate of flo:tasks must not be\n\n  -a-n|\n\nand that is what happened',
    );
  });

  it('refuses what is no recording', () => {
    const none = { name: 'x' } as unknown as Recorded;
    expect(() => expect(none).toMatchMarbles('a')).toThrow(
      "toMatchMarbles: needs a recording, or something that has one, got { name: 'x' }",
    );
    expect(() => assertMarbles(5 as unknown as Recorded, 'a')).toThrow(
      'assertMarbles: needs a recording, or something that has one, got 5',
    );
  });
});

describe('assertMarbles', () => {
  it('throws the picture, from the line of the test', () => {
    assertMarbles(fates('-a-n|'), '-a-n|');
    const thrown = ((): unknown => {
      try {
        assertMarbles({ recording: fates('-a--n|') }, '-a-n|');
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(MarbleMismatchError);
    const { stack = '', message } = thrown as MarbleMismatchError;
    expect(stack.slice(0, stack.indexOf('\n    at '))).toBe(`MarbleMismatchError: ${message}`);
    expect(stack.slice(stack.indexOf('\n    at ')).split('\n')[1]).toContain('matchers.test.ts');
  });
});
