import { drawDiagram } from './draw-diagram.js';
import { firstDifference } from './first-difference.js';
import { Letters } from './letters.js';
import { MarbleMismatchError } from './marble-mismatch-error.js';
import { roundedMs, type Moment } from './moment.js';
import { parseDiagram } from './parse-diagram.js';
import { picture } from './picture.js';
import type { Legend, MarbleEvent, Recording } from './recording.js';

/**
 * Compares what was recorded with a diagram. A letter stands for what `values` says, else for what the recording's
 * legend says, else for itself; `#` stands for any error unless `error` says more: an error that is deeply equal, a
 * class, an expression that finds its message, or an object with some of its properties.
 *
 * @returns undefined if they are the same, else an error to be thrown, whose message shows the two.
 * @throws {@link DiagramError} if the diagram is none.
 * @example
 * import { compare } from 'sluice/testing';
 * const recording = { name: 'letters', events: [{ atMs: 1, kind: 'next', value: 'a' }] } as const;
 * compare(recording, '-a'); // undefined
 * compare(recording, '--a')?.message; // letters: a was expected at 2 ms and came at 1 ms …
 */
export function compare(
  recording: Recording,
  diagram: string,
  values?: Legend,
  error?: unknown,
): MarbleMismatchError | undefined {
  return compareMoments(recording, parseDiagram(diagram).moments, { written: diagram, values, error });
}

/** How moments are compared that are not simply a diagram's. */
export interface Comparison {
  /** The diagram as the test has it. */
  readonly written?: string | undefined;
  readonly values?: Legend | undefined;
  readonly error?: unknown;
  /** How moments are written; as a diagram of values by default. */
  readonly draw?: (moments: readonly Moment[]) => string | undefined;
}

/** @internal Compares with moments that have been read, or made, already. */
export function compareMoments(
  recording: Recording,
  moments: readonly Moment[],
  { written, values, error, draw = drawDiagram }: Comparison = {},
): MarbleMismatchError | undefined {
  const expected = moments.map((moment) => ({ ...moment, atMs: roundedMs(moment.atMs) }));
  const actual = recording.events.map(rounded);
  const letters = new Letters(recording, expected, values, error);
  const difference = firstDifference(expected, actual, letters);
  if (difference === undefined) return undefined;
  const drawn = actual.map((event, index) => letters.draw(event, expected[index]));
  const asDiagram = draw(drawn);
  const { name, parts } = recording;
  const message = picture({ name, parts, expected, actual, drawn, difference, letters, written, asDiagram });
  return new MarbleMismatchError(message, written ?? draw(expected), asDiagram);
}

/** Most are as they are already. Words are not asked for: they cost something, and only few are shown. */
function rounded(event: MarbleEvent): MarbleEvent {
  const atMs = roundedMs(event.atMs);
  if (atMs === event.atMs) return event;
  const { kind, value } = event;
  return {
    atMs,
    kind,
    value,
    get words() {
      return event.words;
    },
  };
}
