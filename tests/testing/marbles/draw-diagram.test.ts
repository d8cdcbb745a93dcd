import fc from 'fast-check';
import { drawDiagram } from '../../../src/testing/marbles/draw-diagram.js';
import { parseDiagram } from '../../../src/testing/marbles/parse-diagram.js';
import { arbitraryMoments, isSayable } from './arbitrary-moments.js';

describe('drawDiagram', () => {
  it.each([
    [''],
    ['a'],
    ['--a-n---|'],
    ['(ab)-c'],
    ['a--------b'],
    ['a 9ms b'],
    ['9ms a'],
    ['-a 92ms (bc|)'],
    ['a 999ms b 4s c 1m d'],
    ['a 19s 999ms b 1m 30s c 16m 39s 998ms d'],
    ['4-3---4'],
    ['a-^-b'],
    ['a 1.5ms b'],
  ])('draws %j as it is', (diagram) => {
    expect(drawDiagram(parseDiagram(diagram).moments)).toBe(diagram);
  });

  it('shortens what can be said in less', () => {
    expect(drawDiagram(parseDiagram('  (a) - 3ms 100ms  b  0ms  |').moments)).toBe('a 106ms b|');
  });

  it('keeps digits and letters from looking like a pause', () => {
    const diagram = drawDiagram(parseDiagram('4m- 20ms a').moments);
    expect(diagram).toBe('4m- 20ms a');
  });

  it('has no diagram for what happens while a group is being written', () => {
    expect(drawDiagram([...parseDiagram('(ab)').moments, { atMs: 3, kind: 'next', letter: 'c' }])).toBeUndefined();
    expect(drawDiagram([...parseDiagram('(ab)').moments, { atMs: 4, kind: 'next', letter: 'c' }])).toBe('(ab)c');
  });

  it.each(['', 'ab', ' ', '-', '(', '!', '^', '|'])('has no diagram with %j as a letter', (letter) => {
    expect(drawDiagram([{ atMs: 3, kind: 'next', letter }])).toBeUndefined();
  });

  it('is the inverse of parseDiagram wherever the syntax can say it', () => {
    fc.assert(
      fc.property(arbitraryMoments, (moments) => {
        const diagram = drawDiagram(moments);
        if (diagram === undefined) expect(isSayable(moments)).toBe(false);
        else expect(parseDiagram(diagram).moments).toEqual(moments);
      }),
      { numRuns: 500 },
    );
  });

  it('is settled: what it draws is drawn the same again', () => {
    fc.assert(
      fc.property(arbitraryMoments.filter(isSayable), (moments) => {
        const diagram = drawDiagram(moments)!;
        expect(drawDiagram(parseDiagram(diagram).moments)).toBe(diagram);
      }),
    );
  });
});
