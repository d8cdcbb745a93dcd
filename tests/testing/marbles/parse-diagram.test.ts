import fc from 'fast-check';
import { TestScheduler } from 'rxjs/testing';
import { DiagramError } from '../../../src/testing/marbles/diagram-error.js';
import { parseDiagram } from '../../../src/testing/marbles/parse-diagram.js';

const times = (diagram: string): string[] =>
  parseDiagram(diagram).moments.map(({ atMs, letter }) => `${letter}@${atMs}`);

describe('parseDiagram', () => {
  it.each([
    ['', []],
    ['-----', []],
    ['-a-b|', ['a@1', 'b@3', '|@4']],
    ['  -a - b #', ['a@1', 'b@3', '#@4']],
    ['(ab)-c', ['a@0', 'b@0', 'c@5']],
    ['10ms a 2s b 3m c', ['a@10', 'b@2011', 'c@182012']],
    ['a 1.5ms b', ['a@0', 'b@2.5']],
    ['a10ms', ['a@0', '1@1', '0@2', 'm@3', 's@4']],
    ['4-3---4', ['4@0', '3@2', '4@6']],
    ['日-😀', ['日@0', '😀@2']],
  ])('reads %j', (diagram, expected) => {
    expect(times(diagram)).toEqual(expected);
  });

  it('counts from ^', () => {
    expect(parseDiagram('-a-^-b')).toEqual({
      subscribedAtMs: 0,
      moments: [
        { atMs: -2, kind: 'next', letter: 'a' },
        { atMs: 2, kind: 'next', letter: 'b' },
      ],
    });
  });

  it('reads what RxJS reads in run mode', () => {
    const token = fc.constantFrom<string>(
      '-',
      'a',
      'b',
      '5',
      '(ab)',
      '(a|)',
      ' 7ms ',
      ' 2s ',
      ' 1.5ms ',
      '3m',
      ' ',
      '|',
      '#',
      '日',
      '---',
    );
    fc.assert(
      fc.property(fc.array(token), fc.option(fc.nat(6)), (tokens, hot) => {
        const diagram = (hot === null ? tokens : tokens.toSpliced(hot, 0, '^')).join('');
        const inside = new TestScheduler(() => {}).run(() => {
          return TestScheduler.parseMarbles(diagram, undefined, undefined, false, true);
        });
        const kinds = { N: 'next', E: 'error', C: 'complete' } as const;
        const letters = { N: undefined, E: '#', C: '|' } as const;
        const expected = inside.map(({ frame, notification }) => ({
          atMs: frame,
          kind: kinds[notification.kind],
          letter: notification.kind === 'N' ? (notification.value as string) : letters[notification.kind],
        }));
        expect(parseDiagram(diagram).moments).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['-(ab', '-(ab', ' ^', 'this group is not closed'],
    ['-(a(b))', '-(a(b))', '   ^', 'this opens a group inside a group'],
    ['-日)', '-日)', '   ^', 'this closes a group that was not opened'],
    ['^-^', '^-^', '  ^', 'this is a second ^'],
    ['-a!', '-a!', '  ^', '! is for diagrams of subscriptions only'],
    ['-a\n-b', '-a -b', '  ^', 'only spaces may align it, this would be a value'],
    [5, '5', '^', 'it is of type number'],
  ])('refuses %j and marks the character', (diagram, shown, mark, problem) => {
    const parse = (): unknown => parseDiagram(diagram as string);
    expect(parse).toThrow(DiagramError);
    expect(parse).toThrow(`this is no diagram: ${problem}\n\n  ${shown}\n  ${mark}`);
  });
});
