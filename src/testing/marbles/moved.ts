import type { Difference } from './first-difference.js';
import type { Moment } from './moment.js';

/** Something that was expected and happened, but at another moment. */
export interface Moved {
  readonly letter: string;
  readonly dueMs: number;
  readonly cameMs: number;
  /** Where it stands in what happened. */
  readonly cameIndex: number;
}

/** What is first in a difference, if it came late or early; undefined if it is missing, one too many, or another. */
export function movedIn(
  { index, due, came }: Difference,
  expected: readonly Moment[],
  drawn: readonly Moment[],
): Moved | undefined {
  if (due === undefined || came === undefined || due.atMs === came.atMs) return undefined;
  const isLate = due.atMs < came.atMs;
  const letter = isLate ? due.letter : drawn[index]!.letter;
  const [dueTimes, cameTimes] = [timesOf(letter, expected, index), timesOf(letter, drawn, index)];
  // With one too few of a kind the first of them is missing, not late.
  if (isLate ? cameTimes.length < dueTimes.length : dueTimes.length < cameTimes.length) return undefined;
  const cameIndex = drawn.findIndex((moment, at) => at >= index && moment.letter === letter);
  return { letter, dueMs: dueTimes[0]!, cameMs: cameTimes[0]!, cameIndex };
}

function timesOf(letter: string, row: readonly Moment[], from: number): number[] {
  return row.slice(from).flatMap((moment) => (moment.letter === letter ? [moment.atMs] : []));
}
