import { compareMoments } from './compare.js';
import { roundedMs, type Moment } from './moment.js';
import { parseDiagram } from './parse-diagram.js';
import type { MarbleEvent, Recording } from './recording.js';
import { isSubscription, assertSubscriptions } from './subscriptions.js';
import { isMessage, type Message } from './messages.js';

/** A diagram as a test wrote it, so that a failure can show its letters. */
export interface WrittenDiagram {
  readonly diagram: string;
  readonly values?: unknown;
  /** For headlines; `the Observable` by default. */
  readonly name?: string | undefined;
}

/**
 * Throws unless two lists of a `TestScheduler` are the same: what an Observable told, or when it was subscribed to.
 * Made to be given to its constructor.
 *
 * RxJS tells values, not letters: `written`, the diagrams of the test, gives the letters back.
 *
 * @throws {@link MarbleMismatchError} that shows the two as diagrams.
 * @example
 * import { TestScheduler } from 'rxjs/testing';
 * import { assertMessages } from 'sluice/testing';
 * new TestScheduler((actual, expected) => assertMessages(actual, expected)).run(({ cold, expectObservable }) => {
 *   expectObservable(cold('-a|')).toBe('-a|');
 * });
 */
export function assertMessages(actual: unknown, expected: unknown, written: readonly WrittenDiagram[] = []): void {
  const came = listOf(actual);
  const due = listOf(expected);
  if (isSubscription(came[0] ?? due[0])) {
    assertSubscriptions(came.filter(isSubscription), due.filter(isSubscription));
    return;
  }
  const messages = due.filter(isMessage);
  const source = written.find((one) => wrote(one, messages));
  const moments = source === undefined ? lettered(messages) : parseDiagram(source.diagram).moments;
  const values: Record<string, unknown> = {};
  for (const [index, { letter, kind }] of moments.entries()) {
    if (kind === 'next') values[letter] = valueOf(messages[index]!);
  }
  const failure = messages.find(({ notification }) => notification.kind === 'E');
  const recording = recordingOf(source?.name ?? 'the Observable', came.filter(isMessage));
  const mismatch = compareMoments(recording, moments, {
    written: source?.diagram,
    values,
    error: failure && valueOf(failure),
  });
  if (mismatch !== undefined) throw mismatch;
}

function listOf(list: unknown): readonly unknown[] {
  if (Array.isArray(list)) return list;
  throw new TypeError('assertMessages compares the lists that a TestScheduler gives it');
}

function recordingOf(name: string, messages: readonly Message[]): Recording {
  return { name, events: messages.map((message) => ({ ...momentOf(message), value: valueOf(message) })) };
}

function momentOf({ frame, notification: { kind } }: Message): Pick<MarbleEvent, 'atMs' | 'kind'> {
  return { atMs: frame, kind: kind === 'N' ? 'next' : kind === 'E' ? 'error' : 'complete' };
}

function valueOf({ notification }: Message): unknown {
  return notification.kind === 'E' ? notification.error : notification.value;
}

/** Whether these messages are what RxJS makes of the diagram. */
function wrote({ diagram, values }: WrittenDiagram, messages: readonly Message[]): boolean {
  const { moments } = parseDiagram(diagram);
  if (moments.length !== messages.length) return false;
  return moments.every(({ atMs, kind, letter }, index) => {
    const message = messages[index]!;
    const told = momentOf(message);
    if (told.kind !== kind || roundedMs(told.atMs) !== roundedMs(atMs)) return false;
    return kind !== 'next' || means(values, letter, valueOf(message));
  });
}

function means(values: unknown, letter: string, value: unknown): boolean {
  if (typeof values !== 'object' || values === null) return letter === value;
  const meaning: unknown = Reflect.get(values, letter);
  // A cold Observable as a value is compared by its messages.
  return (
    Object.is(meaning, value) ||
    (typeof meaning === 'object' && meaning !== null && Reflect.get(meaning, 'messages') === value)
  );
}

/** Letters for values: themselves if they are letters, else the alphabet in the order in which they come. */
function lettered(messages: readonly Message[]): Moment[] {
  const letters = new Map<unknown, string>();
  const themselves = new Set(messages.map(valueOf).filter((value) => isLetter(value)));
  const free = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !themselves.has(letter));
  return messages.map((message) => {
    const moment = momentOf(message);
    if (moment.kind !== 'next') return { ...moment, letter: moment.kind === 'error' ? '#' : '|' };
    const value = valueOf(message);
    const letter = isLetter(value) ? value : (letters.get(value) ?? free.shift() ?? '?');
    letters.set(value, letter);
    return { ...moment, letter };
  });
}

function isLetter(value: unknown): value is string {
  return typeof value === 'string' && /^[^\s()|#^!-]$/u.test(value);
}
