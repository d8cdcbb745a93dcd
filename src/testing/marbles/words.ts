import { inWords } from './durations.js';
import type { Letters } from './letters.js';
import type { Moment } from './moment.js';
import { movedIn } from './moved.js';
import type { PictureParts } from './picture.js';
import type { MarbleEvent } from './recording.js';
import { showValue } from './show-value.js';

/** What a moment of the test's diagram stands for; undefined if the letter says it all. */
export function dueInWords({ kind, letter }: Moment, letters: Letters, columns: number): string | undefined {
  if (kind === 'complete') return 'completed';
  if (kind === 'error') return letters.error === undefined ? 'any error' : showPattern(letters.error, columns);
  if (!letters.explains(letter)) return undefined;
  const meaning = letters.meaning(letter);
  return typeof meaning === 'string' && letters.isTheKits(letter) ? meaning : showValue(meaning, columns);
}

/** What happened; undefined if the letter says it all. */
export function cameInWords(event: MarbleEvent, letter: string, columns: number): string | undefined {
  if (event.words !== undefined) return event.words;
  if (event.kind === 'complete') return 'completed';
  return event.value === letter ? undefined : showValue(event.value, columns);
}

function showPattern(pattern: unknown, columns: number): string {
  return typeof pattern === 'function' ? pattern.name : showValue(pattern, columns);
}

/** `n (nacked)`, `the completion`. */
function term({ kind, letter }: Moment, words: string | undefined): string {
  if (kind === 'complete') return 'the completion';
  if (words === undefined) return letter;
  return kind === 'error' ? `an error (${words})` : `${letter} (${words})`;
}

/** The difference in one sentence. */
export function headline({ expected, drawn, actual, difference, letters }: PictureParts): string {
  const { index, due, came } = difference;
  const dueTerm = due && term(due, dueInWords(due, letters, 40));
  const cameTerm = came && term(drawn[index]!, cameInWords(came, drawn[index]!.letter, 40));
  if (came === undefined || due === undefined) {
    const more = Math.max(expected.length, actual.length) - index - 1;
    const rest = more === 0 ? '' : `, and ${more} more`;
    const no = (length: number): string => (length === 0 ? 'nothing' : 'nothing more');
    if (came === undefined) {
      return `${no(actual.length)} came, expected ${dueTerm} at ${inWords(difference.atMs)}${rest}`;
    }
    return `${no(expected.length)} was expected, ${cameTerm} came at ${inWords(difference.atMs)}${rest}`;
  }
  const moved = movedIn(difference, expected, drawn);
  if (moved !== undefined) {
    const { dueMs, cameMs } = moved;
    const by = `${inWords(Math.abs(cameMs - dueMs))} too ${cameMs > dueMs ? 'late' : 'early'}`;
    return `${cameMs > dueMs ? dueTerm : cameTerm} came ${by}, at ${inWords(cameMs)} instead of ${inWords(dueMs)}`;
  }
  if (due.atMs === came.atMs) return `${cameTerm} came at ${inWords(due.atMs)} instead of ${dueTerm}`;
  if (due.atMs < came.atMs) return `${dueTerm} was expected at ${inWords(due.atMs)}, and did not come`;
  return `${cameTerm} came at ${inWords(came.atMs)}, where nothing was expected`;
}
