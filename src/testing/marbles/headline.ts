import { columnsOf, shortened } from './columns.js';
import { inWords } from './durations.js';
import { cameInWords, dueInWords } from './in-words.js';
import type { Moment } from './moment.js';
import { movedIn } from './moved.js';
import type { PictureParts } from './picture-parts.js';
import type { MarbleEvent } from './recording.js';

/** Longer words say nothing in a headline; they stand below. */
const MOST_COLUMNS = 28;

/** The difference in one sentence. */
export function headline(parts: PictureParts): string {
  const { expected, drawn, difference } = parts;
  const { due, came } = difference;
  if (came === undefined || due === undefined) return onlyOne(parts);
  const moved = movedIn(difference, expected, drawn);
  if (moved !== undefined) {
    const { dueMs, cameMs } = moved;
    const by = `${inWords(Math.abs(cameMs - dueMs))} too ${cameMs > dueMs ? 'late' : 'early'}`;
    const what = dueTerm(cameMs > dueMs ? due : drawn[difference.index]!, parts);
    return `${what} came ${by}, at ${inWords(cameMs)} instead of ${inWords(dueMs)}`;
  }
  if (due.atMs < came.atMs) return `${dueTerm(due, parts)} was expected at ${inWords(due.atMs)} and did not come`;
  if (came.atMs < due.atMs) return `${cameTerm(came, parts)} came at ${inWords(came.atMs)}, unexpected`;
  if (due.kind === 'error' && came.kind === 'error') {
    return `another error came at ${inWords(due.atMs)}: ${shortened(cameInWords(came, '#') ?? '', 2 * MOST_COLUMNS)}`;
  }
  const what = cameTerm(came, parts);
  const instead = dueTerm(due, parts);
  return `${what === instead ? `another ${what}` : what} came at ${inWords(due.atMs)} instead of ${instead}`;
}

/** One of the two has come to its end. */
function onlyOne(parts: PictureParts): string {
  const { expected, actual, difference } = parts;
  const { index, atMs, due, came } = difference;
  const more = Math.max(expected.length, actual.length) - index - 1;
  const rest = more === 0 ? '' : `, and ${more} more`;
  if (due !== undefined) {
    const none = actual.length === 0 ? 'nothing came' : 'nothing more came';
    return `${none}; ${dueTerm(due, parts)} was expected at ${inWords(atMs)}${rest}`;
  }
  const none = expected.length === 0 ? 'nothing was expected' : 'nothing more was expected';
  return `${none}; ${cameTerm(came!, parts)} came at ${inWords(atMs)}${rest}`;
}

/** `n (nacked)`, `the completion`. */
function dueTerm(moment: Moment, { letters }: PictureParts): string {
  if (moment.kind === 'complete') return 'the completion';
  const words = dueInWords(moment, letters);
  if (moment.kind === 'error') return 'an error';
  return words === undefined || columnsOf(words) > MOST_COLUMNS ? moment.letter : `${moment.letter} (${words})`;
}

/** By a letter that the test knows, else by the value if it is short. */
function cameTerm(event: MarbleEvent, parts: PictureParts): string {
  const { drawn, difference, letters } = parts;
  const moment = drawn[difference.index]!;
  if (event.kind === 'error') return 'an error';
  if (event.kind === 'complete' || !letters.isNew(moment.letter)) return dueTerm(moment, parts);
  const words = cameInWords(event, moment.letter) ?? moment.letter;
  return columnsOf(words) <= MOST_COLUMNS ? words : `another value, ${moment.letter},`;
}
