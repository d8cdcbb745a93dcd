import type { Letters } from './letters.js';
import type { Moment } from './moment.js';
import type { MarbleEvent } from './recording.js';
import { showValue } from './show-value.js';

/** Whoever prints it cuts it to the room that there is. */
const WIDE = 200;

/** What a moment of the test's diagram stands for; undefined if the letter says it all. */
export function dueInWords({ kind, letter }: Moment, letters: Letters): string | undefined {
  if (kind === 'complete') return 'completed';
  if (kind === 'error') return letters.error === undefined ? 'any error' : pattern(letters.error);
  if (!letters.explains(letter)) return undefined;
  const meaning = letters.meaning(letter);
  const text = typeof meaning === 'string' && letters.isTheKits(letter) ? meaning : showValue(meaning, WIDE);
  return text === letter ? undefined : text;
}

/** What happened; undefined if the letter says it all. */
export function cameInWords({ kind, value, words }: MarbleEvent, letter: string): string | undefined {
  if (words !== undefined) return words;
  if (kind === 'complete') return 'completed';
  const text = showValue(value, WIDE);
  // A text that looks like a number had better be seen to be one.
  return text === letter || (value === letter && !/\d/.test(letter)) ? undefined : text;
}

function pattern(error: unknown): string {
  return typeof error === 'function' ? error.name : showValue(error, WIDE);
}
