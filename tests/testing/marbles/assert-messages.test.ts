import { throwError } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { assertMessages } from '../../../src/testing/marbles/assert-messages.js';

const run = (test: (helpers: RunHelpers) => void): void => {
  new TestScheduler((actual, expected) => assertMessages(actual, expected)).run(test);
};

/** What a test that fails says. */
function failureOf(test: (helpers: RunHelpers) => void): string {
  try {
    run(test);
  } catch (error) {
    return `\n${(error as Error).message}\n`;
  }
  throw new Error('nothing was wrong');
}

describe('assertMessages', () => {
  it('passes what is the same', () => {
    run(({ cold, expectObservable, expectSubscriptions }) => {
      const values = { a: { x: 1 }, b: { x: 1 }, c: 2 };
      const source = cold('-a-b-(c|)', values);
      expectObservable(source).toBe('-a-b-(c|)', { a: { x: 1 }, b: { x: 1 }, c: 2 });
      expectSubscriptions(source.subscriptions).toBe('^----!');
      expectObservable(cold('-a-#')).toBe('-a-#');
      expectObservable(cold('-')).toBe('-----');
      expectObservable(cold('-a|')).toEqual(cold('-a|'));
      expectObservable(throwError(() => new Error('boom'))).toBe('#', {}, new Error('boom'));
    });
  });

  it('shows values by letters', () => {
    const failure = failureOf(({ cold, expectObservable }) => {
      expectObservable(cold('-a-b|', { a: 1, b: 2 })).toBe('-a-c|', { a: 1, c: 3 });
    });
    expect(failure).toBe(`
observable: 2 came at 3 ms instead of b (3)

  expected  -a-b|
  actual    -a-c|
               ^ 3 ms

  expected at 3 ms  b = 3
  came at 3 ms      c = 2
  letters           a = 1

  All else is as expected.

  as a diagram: '-a-c|'
`);
  });

  it('keeps letters that stand for themselves', () => {
    const failure = failureOf(({ cold, expectObservable }) => expectObservable(cold('-b-a|')).toBe('-b--a|'));
    expect(failure).toContain('\n  expected  -b--a|\n  actual    -b-a|\n');
  });

  it.each<[string, (helpers: RunHelpers) => void]>([
    ['another error', ({ cold, expectObservable }) => expectObservable(cold('#', {}, new Error('one'))).toBe('#')],
    [
      'an error of the same text',
      ({ cold, expectObservable }) => expectObservable(cold('#', {}, new Error('error'))).toBe('#'),
    ],
    ['another value', ({ cold, expectObservable }) => expectObservable(cold('a', { a: 1 })).toBe('a')],
    ['another time', ({ cold, expectObservable }) => expectObservable(cold('a')).toBe('-a')],
    ['nothing', ({ cold, expectObservable }) => expectObservable(cold('-')).toBe('-a')],
    ['something', ({ cold, expectObservable }) => expectObservable(cold('-a')).toBe('--')],
  ])('does not pass %s', (_, test) => {
    expect(() => run(test)).toThrow(/^observable: /);
  });

  it('tells many values apart', () => {
    const failure = failureOf(({ cold, expectObservable }) => {
      const letters = Array.from({ length: 90 }, (_, index) => String.fromCodePoint(0x4e00 + index));
      const values = Object.fromEntries(letters.map((letter, index) => [letter, index]));
      expectObservable(cold(letters.join(''), values)).toBe(letters.join(''), { ...values, [letters[89]!]: -1 });
    });
    expect(failure).toContain('observable: 89 came at 89 ms instead of');
  });

  it('shows an inner Observable as a diagram', () => {
    const failure = failureOf(({ cold, expectObservable }) => {
      expectObservable(cold('-a|', { a: cold('x-y|') })).toBe('-a|', { a: cold('x--y|') });
    });
    expect(failure).toContain(
      "  expected at 1 ms  a = Observable 'x--y|'\n  came at 1 ms      b = Observable 'x-y|'\n",
    );
  });

  it('shows subscriptions', () => {
    const failure = failureOf(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b|');
      expectObservable(source, '--^--!');
      expectSubscriptions(source.subscriptions).toBe('--^---!');
    });
    expect(failure).toBe(`
subscription: ! (unsubscribed) came 1 ms too early, at 5 ms instead of 6 ms

  expected  --^---!
  actual    --^--!
                 ^ 5 ms

  expected at 6 ms  ! = unsubscribed
  came at 5 ms      ! = unsubscribed
  letters           ^ = subscribed

  All else is as expected.

  as a diagram: '--^--!'
`);
  });

  it.each<[string | string[], RegExp]>([
    [[], /^\nsubscription 1 of 2 \(0 expected\): nothing was expected; \^ \(subscribed\) came at 2 ms, and 1 more\n/],
    [
      ['--^--!', '---^--!', '----^'],
      /^\nsubscription 3 of 3 \(2 came\): nothing came; \^ \(subscribed\) was expected at 4 ms\n/,
    ],
    [['--^--!', '---^'], /^\nsubscription 2 of 2: nothing more was expected; ! \(unsubscribed\) came at 6 ms\n/],
  ])('counts subscriptions: %j', (expected, message) => {
    const failure = failureOf(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b');
      expectObservable(source, '--^--!');
      expectObservable(source, '---^--!');
      expectSubscriptions(source.subscriptions).toBe(expected);
    });
    expect(failure).toMatch(message);
  });

  it('refuses what no TestScheduler gives', () => {
    expect(() => assertMessages('a', 'b')).toThrow('assertMessages compares the lists that a TestScheduler gives it');
  });
});
