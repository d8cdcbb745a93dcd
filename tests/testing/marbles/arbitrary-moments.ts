import fc from 'fast-check';
import type { Moment } from '../../../src/testing/marbles/moment.js';

const LETTERS = [...'abcxyzms0123459.', '日', '😀', '?', "'", '\\'];

const kinds = { '|': 'complete', '#': 'error' } as const;

/** Moments in the order of time, often several in one millisecond. */
export function momentsOf(letters: readonly string[]): fc.Arbitrary<Moment[]> {
  const step = fc.record({
    afterMs: fc.oneof(
      { weight: 6, arbitrary: fc.nat(12) },
      { weight: 2, arbitrary: fc.nat(200_000) },
      { weight: 1, arbitrary: fc.constantFrom(1000, 60_000, 61_001, 3_600_000) },
    ),
    letter: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...letters) },
      { weight: 1, arbitrary: fc.constantFrom('|', '#') },
    ),
  });
  return fc.array(step, { maxLength: 14 }).map((steps): Moment[] => {
    let atMs = 0;
    return steps.map(({ afterMs, letter }) => {
      atMs += afterMs;
      return { atMs, kind: letter === '|' || letter === '#' ? kinds[letter] : 'next', letter };
    });
  });
}

export const arbitraryMoments = momentsOf(LETTERS);

/** Whether each group has been written before the next moment. */
export function isSayable(moments: readonly Moment[]): boolean {
  return moments.every(({ atMs }, index) => {
    const group = moments.filter((moment) => moment.atMs === atMs).length;
    const next = moments.slice(index).find((moment) => moment.atMs > atMs);
    return next === undefined || next.atMs - atMs >= (group === 1 ? 1 : group + 2);
  });
}
