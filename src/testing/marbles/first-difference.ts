import type { Letters } from './letters.js';
import type { Moment } from './moment.js';
import type { MarbleEvent } from './recording.js';

/** Where what happened leaves what was expected. */
export interface Difference {
  /** How many moments agree before it. */
  readonly index: number;
  readonly atMs: number;
  /** The first that was expected and did not happen; undefined if nothing more was expected. */
  readonly due: Moment | undefined;
  /** The first that happened and was not expected; undefined if nothing more happened. */
  readonly came: MarbleEvent | undefined;
}

/** The first difference of the two; undefined if they are the same. */
export function firstDifference(
  expected: readonly Moment[],
  actual: readonly MarbleEvent[],
  letters: Letters,
): Difference | undefined {
  let index = 0;
  while (agree(expected[index], actual[index], letters)) index++;
  const due = expected[index];
  const came = actual[index];
  if (due === undefined && came === undefined) return undefined;
  const atMs = Math.min(due?.atMs ?? Number.POSITIVE_INFINITY, came?.atMs ?? Number.POSITIVE_INFINITY);
  return { index, atMs, due, came };
}

function agree(moment: Moment | undefined, event: MarbleEvent | undefined, letters: Letters): boolean {
  return moment !== undefined && event !== undefined && moment.atMs === event.atMs && letters.matches(event, moment);
}
