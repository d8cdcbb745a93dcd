import fc from 'fast-check';
import { compare } from '../../../src/testing/marbles/compare.js';
import { drawDiagram } from '../../../src/testing/marbles/draw-diagram.js';
import { parseDiagram } from '../../../src/testing/marbles/parse-diagram.js';
import type { Legend, Recording } from '../../../src/testing/marbles/recording.js';
import { arbitraryMoments, isSayable, momentsOf } from './arbitrary-moments.js';
import { fates, recorded } from './recorded.js';

/** The message, with a margin so that it can be shown as a block. */
function pictureOf(recording: Recording, diagram: string, values?: Legend, error?: unknown): string {
  const mismatch = compare(recording, diagram, values, error);
  if (mismatch === undefined) throw new Error('these are the same');
  return `\n${mismatch.message}\n`;
}

const headlineOf = (recording: Recording, diagram: string, values?: Legend): string =>
  pictureOf(recording, diagram, values).split('\n')[1]!;

const hintOf = (recording: Recording, diagram: string, values?: Legend): string =>
  pictureOf(recording, diagram, values)
    .split('\n')
    .filter((line) => /^ {2}\S.*\.$/.test(line))
    .join('\n')
    .trim();

describe('the picture of a failure', () => {
  it('shows what came late', () => {
    expect(pictureOf(fates('--a---n-|'), '--a-n---|')).toBe(`
fate of flo:tasks: n (nacked) came 2 ms too late, at 6 ms instead of 4 ms

  expected  --a-n---|
  actual    --a---n-|
                ^ 4 ms

  expected at 4 ms  n = nacked
  came at 6 ms      n = nacked b (attempt 2) by work
  letters           a = acked

  All else is as expected.

  as a diagram: '--a---n-|'
`);
  });

  it('shows which part of a value differs', () => {
    const user = (street: string): unknown => ({
      id: 12345,
      name: 'Ada Lovelace',
      mail: 'ada@example.org',
      addresses: [{ kind: 'home', city: 'London', street }],
    });
    expect(
      pictureOf(recorded('-a-b|', { a: 1, b: user('Dover Street 4') }), '-a-b|', { a: 1, b: user('Dover Street 5') }),
    ).toBe(`
letters: another value, c, came at 3 ms instead of b

  expected  -a-b|
  actual    -a-c|
               ^ 3 ms

  expected at 3 ms  b = { id: 12345, name: 'Ada Lovelace', mail: 'ada@example.org', addresses:…
  came at 3 ms      c = { id: 12345, name: 'Ada Lovelace', mail: 'ada@example.org', addresses:…
  differing in      .addresses[0].street: 'Dover Street 4', not 'Dover Street 5'
  letters           a = 1

  All else is as expected.

  as a diagram: '-a-c|'
`);
  });

  it('shows that nothing came', () => {
    expect(pictureOf(fates(''), '--a-(nd)|')).toBe(`
fate of flo:tasks: nothing came; a (acked) was expected at 2 ms, and 3 more

  expected  --a-(nd)|
  actual    ---
              ^ 2 ms

  expected at 2 ms  a = acked
  came              nothing
  letters           n = nacked · d = dead
`);
  });

  it('shows groups in their columns, and marks the letter', () => {
    expect(pictureOf(recorded('--(abc)--d'), '--(abx)--d')).toBe(`
letters: c came at 2 ms instead of x

  expected  --(abx)--d
  actual    --(abc)--d
                 ^ 2 ms

  expected at 2 ms  x
  came at 2 ms      c

  All else is as expected.

  as a diagram: '--(abc)--d'
`);
  });

  it('shortens long pauses of both alike', () => {
    expect(pictureOf(recorded('a 999ms b 4s c 59s (d|)'), 'a 999ms b 4001ms c 59s (d|)')).toBe(`
letters: c came 1 ms too early, at 5.001 s instead of 5.002 s

  expected  a 999ms b 4s -c 58s 999ms -   (d|)
  actual    a 999ms b 4s c- 58s 999ms (d|)
                         ^ 5.001 s

  expected at 5.002 s  c
  came at 5.001 s      c

  From here on everything comes 1 ms too early.

  as a diagram: 'a 999ms b 4s c 59s (d|)'
`);
  });

  it('cuts what is far away', () => {
    const line = Array.from({ length: 100 }, (_, index) => 'abcdefghij'[index % 10]).join('-');
    const other = `${line.slice(0, 100)}z${line.slice(101)}`;
    expect(pictureOf(recorded(line), other).split('\n').slice(3, 6).join('\n')).toBe(`\
  expected  … e-f-g-h-i-j-a-b-c-d-e-f-g-h-i-j-z-b-c-d-e-f-g-h-i-j-a-b-c-d-e-f-g-h-i-j-a-b-c-d-e-f- …
  actual    … e-f-g-h-i-j-a-b-c-d-e-f-g-h-i-j-a-b-c-d-e-f-g-h-i-j-a-b-c-d-e-f-g-h-i-j-a-b-c-d-e-f- …
                                              ^ 100 ms`);
  });

  it('counts the columns of a terminal', () => {
    expect(pictureOf(recorded('--日--本-😀-é|'), '--日-本-😀-é|').split('\n').slice(3, 6).join('\n')).toBe(`\
  expected  --日-本- 😀- é|
  actual    --日-- 本- 😀-é|
                 ^ 4 ms`);
  });

  it('shows errors', () => {
    const gone = Object.assign(new Error('the peer has gone\nfor good'), { code: 'CLOSED' });
    expect(pictureOf(recorded('-a-#', { '#': gone }), '-a-#', {}, { code: 'TIMEOUT' })).toBe(`
letters: another error came at 3 ms: Error: the peer has gone

  expected  -a-#
  actual    -a-#
               ^ 3 ms

  expected at 3 ms  # = { code: 'TIMEOUT' }
  came at 3 ms      # = Error: the peer has gone
  differing in      .code: 'CLOSED', not 'TIMEOUT'

  All else is as expected.

  as a diagram: '-a-#'
`);
  });

  it('names new letters for what the test has none for', () => {
    expect(pictureOf(recorded('-a-b-c-b|', { a: 1, b: 'x', c: 2 }), '-a-b-|', { a: 1, b: 5 })).toBe(`
letters: x came at 3 ms instead of b (5)

  expected  -a-b-|
  actual    -a-x-c-x|
               ^ 3 ms

  expected at 3 ms  b = 5
  came at 3 ms      x
  letters           a = 1
  new letters       c = 2

  3 were expected in all, 5 came.

  as a diagram: '-a-x-c-x|'
`);
  });

  it('says why there is no diagram to paste', () => {
    const recording = { name: 'letters', events: [...recorded('(ab)').events, ...recorded('--c').events] };
    expect(pictureOf(recording, '(ab)c')).toBe(`
letters: c came 2 ms too early, at 2 ms instead of 4 ms

  expected  (ab) c
  actual    (ab)c
                ^ 2 ms

  expected at 4 ms  c
  came at 2 ms      c

  All else is as expected.

  no diagram can say it: (ab) takes 4 ms, and c comes 2 ms behind it
  let c come later, or look at the recording's events
`);
    expect(pictureOf({ ...recording, parts: 'letters.only(…)' }, '(ab)c')).toMatch(
      /c comes 2 ms behind it\n {2}say less of it: letters\.only\(…\)\n$/,
    );
  });

  it('says how to expect another error than the one that RxJS takes # for', () => {
    const { events } = recorded('-#', { '#': new Error('boom') });
    const recording = { name: 'observable', events };
    expect(pictureOf(recording, '-#', undefined, 'error')).toBe(`
observable: another error came at 1 ms: Error: boom

  expected  -#
  actual    -#
             ^ 1 ms

  expected at 1 ms  # = 'error'
  came at 1 ms      # = Error: boom

  Mind that # is the text 'error' unless toBe's third argument says more: toBe('…', values, error).
  A class will do, /a part of its message/, or { code: 'X' }.

  as a diagram: '-#'
`);
    expect(pictureOf(recording, '-#', undefined, TypeError)).not.toMatch(/third argument/);
  });
});

describe('the headline', () => {
  it.each([
    ['--a-n---|', '----a-n---|', 'a (acked) came 2 ms too early, at 2 ms instead of 4 ms'],
    ['--a-----|', '--a-n---|', 'n (nacked) was expected at 4 ms and did not come'],
    ['--a-n-n-|', '--a-n---|', 'n (nacked) came at 6 ms, unexpected'],
    ['--a-d---|', '--a-n---|', 'd (dead) came at 4 ms instead of n (nacked)'],
    ['--a', '--a-n---|', 'nothing more came; n (nacked) was expected at 4 ms, and 1 more'],
    ['--a-n---|', '-----', 'nothing was expected; a (acked) came at 2 ms, and 2 more'],
    ['--a-n---|a', '--a-n---|', 'nothing more was expected; a (acked) came at 9 ms'],
    ['--a-n---', '--a-n---|', 'nothing more came; the completion was expected at 8 ms'],
    ['--a-n-|', '--a-n---|', 'the completion came 2 ms too early, at 6 ms instead of 8 ms'],
    ['--a-n---#', '--a-n---|', 'an error came at 8 ms instead of the completion'],
    ['--a---a', '--a-a-a', 'a (acked) was expected at 4 ms and did not come'],
  ])('of %s instead of %s', (actual, expected, headline) => {
    expect(headlineOf(fates(actual), expected)).toBe(`fate of flo:tasks: ${headline}`);
  });

  it('shows short values, and only those', () => {
    expect(headlineOf(recorded('a', { a: 5 }), 'a', { a: 2 })).toBe('letters: 5 came at 0 ms instead of a (2)');
    const long = 'x'.repeat(60);
    expect(headlineOf(recorded('a', { a: long }), 'a', { a: `${long}y` })).toBe(
      'letters: another value, b, came at 0 ms instead of a',
    );
  });
});

describe('hints', () => {
  it.each([
    ['--a--b--|', '--a-b---|', 'All else is as expected.'],
    ['---a-b---|', '--a-b---|', 'From here on everything comes 1 ms too late.'],
    ['a--b-c|', 'ab-c--|', 'The same happens in the same order, at other times.'],
    ['-b-a|', '-a-b|', 'The same happens at the same times, in another order.'],
    ['-(acb)|', '-(abc)|', 'The same happens at the same times, in another order.'],
    ['-x-y|', '-a-b|', 'The times are as expected; what happens at them is not.'],
    ['--a----c-d|', '--a-b-c-d|', 'All that follows comes 1 ms too late.'],
    ['-a|', '-a-b-c-d|', '5 were expected in all, 2 came.'],
    ['-(ab)--c', '-(ab)----c', 'All else is as expected.'],
    [
      '-a 10ms |',
      '-a 10ms|',
      '6 were expected in all, 2 came.\n  Mind that 10ms is a pause only with a space on each side: here each character is a value.',
    ],
    ['a-b', 'b', '1 was expected in all, 2 came.'],
    ['b', 'c', ''],
  ])('on %s instead of %s', (actual, expected, hint) => {
    expect(hintOf(recorded(actual), expected)).toBe(hint);
  });

  it('say how wide a group is', () => {
    const recording = { name: 'x', events: [...recorded('(ab)').events, ...recorded('-c|').events] };
    expect(hintOf(recording, '(ab)c|')).toBe(
      'From here on everything comes 3 ms too early.\n  Mind that (ab) is one moment but takes 4 ms in a diagram, one for each character.',
    );
  });

  it('say that a value was forgotten', () => {
    expect(hintOf(recorded('a-b', { a: 1, b: 2 }), 'a-b', { a: 1 })).toBe(
      "All else is as expected.\n  No value was given for b: it stands for the text 'b'.",
    );
  });

  it('say which letters there are', () => {
    expect(hintOf(fates('-a-n|'), '-a-f|')).toBe(
      'All else is as expected.\n  f stands for nothing here; there are a n d x.',
    );
    expect(hintOf(fates('-a-n|'), '-a--f|')).toContain('f stands for nothing here; there are a n d x.');
    expect(hintOf(fates('-a-n|'), '-a-f|', { f: 'dead' })).not.toContain('stands for');
  });

  it('take no value for a pause that has a meaning', () => {
    expect(hintOf(recorded('a-b'), 'a-5mc', { 5: 'x', m: 'y' })).not.toContain('pause');
  });
});

describe('any picture', () => {
  it('shows two diagrams that mean what they meant, in columns of the same time', () => {
    // Without what looks like a pause: `4m` and a space.
    const moments = momentsOf([...'abcxyz', '日', '😀']).filter(isSayable);
    fc.assert(
      fc.property(moments, moments, (expected, actual) => {
        const events = actual.map(({ atMs, kind, letter }) => ({ atMs, kind, value: letter }));
        const { message } = compare({ name: 'x', events }, drawDiagram(expected)!) ?? {};
        fc.pre(message !== undefined && !message.includes('…'));
        const [first = '', second = ''] = message
          .split('\n')
          .slice(2, 4)
          .map((line) => line.slice(12));
        expect(parseDiagram(first).moments).toEqual(expected);
        expect(parseDiagram(second).moments).toEqual(actual);
      }),
      { numRuns: 200 },
    );
  });

  it('stays within 100 columns, but for a long name and the diagram to paste', () => {
    const values = fc.oneof(
      fc.string({ maxLength: 300, unit: 'grapheme' }),
      fc.object(),
      fc.uint8Array({ maxLength: 99 }),
    );
    fc.assert(
      fc.property(
        arbitraryMoments,
        arbitraryMoments.filter(isSayable),
        values,
        values,
        (actual, expected, one, other) => {
          const events = actual.map(({ atMs, kind, letter }) => ({ atMs, kind, value: letter === 'a' ? one : letter }));
          const message = compare({ name: 'x', events }, drawDiagram(expected)!, { a: other, b: one })?.message ?? '';
          const lines = message.split('\n').filter((line) => !line.startsWith('  as a diagram'));
          for (const line of lines)
            expect([...line.replaceAll(/\p{Mark}|\p{Cf}/gu, '')].length).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});
