import { drawBytes } from './byte-diagram.js';
import type { Cuts } from './cuts.js';
import { drawResults, type Result } from './results.js';

/** What is known of a split that fails. */
export interface FailedSplit {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly cuts: Cuts;
  readonly whole: Result;
  readonly came: Result;
  /** All single cuts that fail. */
  readonly singles: Cuts;
}

const LISTED = 12;

/**
 * Bytes in pieces gave something else than in one piece. The message draws the smallest such case: the bytes with
 * their cuts, what came, and what was expected.
 */
export class SplitError extends Error {
  override readonly name = 'SplitError';
  /** How many bytes lie before each cut. */
  readonly cuts: Cuts;

  constructor({ name, bytes, cuts, whole, came, singles }: FailedSplit) {
    const headline = `${name}: ${bytes.length} bytes in ${cuts.length + 1} pieces give something else than in one`;
    const results = drawResults(['expected, as in one piece', whole], [`came, cut ${places(cuts)}`, came]);
    const more = singles.length > 1 ? `\n\n  ${count(singles, bytes.length - 1)}` : '';
    super(
      `${headline}\n\n${drawBytes(bytes, cuts)}\n\n${results}${more}\n`,
      'error' in came ? { cause: came.error } : {},
    );
    this.cuts = cuts;
  }
}

function places(cuts: Cuts): string {
  const shown = cuts.slice(0, LISTED).join(', ');
  return `behind byte ${cuts.length > LISTED ? `${shown}, …` : shown}`;
}

function count(singles: Cuts, all: number): string {
  return `${singles.length} of the ${all} ways to cut once fail: ${places(singles)}`;
}
