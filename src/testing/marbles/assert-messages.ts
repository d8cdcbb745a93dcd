import { isDeepStrictEqual } from 'node:util';
import { compareMoments } from './compare.js';
import { freeLetter, isLetter } from './free-letters.js';
import { eventOf, isMessage } from './messages.js';
import type { Moment } from './moment.js';
import type { Legend, MarbleEvent } from './recording.js';
import { assertSubscriptions, isSubscription } from './subscriptions.js';

/**
 * Throws unless two lists of a `TestScheduler` are the same: what an Observable told, or when it was subscribed to.
 * Made to be given to its constructor. RxJS tells values, not letters: those of the picture may be others than the
 * test's.
 *
 * @throws {@link MarbleMismatchError} that shows the two as diagrams.
 * @example
 * import { TestScheduler } from 'rxjs/testing';
 * import { assertMessages } from 'sluice/testing';
 * new TestScheduler((actual, expected) => assertMessages(actual, expected)).run(({ cold, expectObservable }) => {
 *   expectObservable(cold('-a|')).toBe('-a|');
 * });
 */
export function assertMessages(actual: unknown, expected: unknown): void {
  const came = listOf(actual);
  const due = listOf(expected);
  if (isSubscription(came[0] ?? due[0])) {
    assertSubscriptions(came.filter(isSubscription), due.filter(isSubscription));
    return;
  }
  const events = due.filter(isMessage).map(eventOf);
  const { moments, values } = lettered(events);
  const recording = { name: 'observable', events: came.filter(isMessage).map(eventOf) };
  const error = events.find(({ kind }) => kind === 'error')?.value;
  const mismatch = compareMoments(recording, moments, { values, error });
  if (mismatch !== undefined) throw mismatch;
}

function listOf(list: unknown): readonly unknown[] {
  if (Array.isArray(list)) return list;
  throw new TypeError('assertMessages compares the lists that a TestScheduler gives it');
}

/** Letters for values: themselves if they are letters, else the alphabet in the order in which they come. */
function lettered(events: readonly MarbleEvent[]): { moments: Moment[]; values: Legend } {
  const values = new Map<string, unknown>();
  for (const { value } of events) if (typeof value === 'string' && isLetter(value)) values.set(value, value);
  const letterOf = (value: unknown): string => {
    for (const [letter, other] of values) if (isDeepStrictEqual(value, other)) return letter;
    const letter = freeLetter((letter) => values.has(letter));
    values.set(letter, value);
    return letter;
  };
  const moments = events.map(({ atMs, kind, value }): Moment => {
    if (kind === 'next') return { atMs, kind, letter: letterOf(value) };
    return { atMs, kind, letter: kind === 'error' ? '#' : '|' };
  });
  return { moments, values: Object.fromEntries(values) };
}
