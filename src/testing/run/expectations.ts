import { compare, compareMoments } from '../marbles/compare.js';
import { MarbleMismatchError } from '../marbles/marble-mismatch-error.js';
import { parseDiagram } from '../marbles/parse-diagram.js';
import type { Legend, Recording } from '../marbles/recording.js';
import { GuardError } from './guard-error.js';

/** What a recording has to look like in the end. */
export interface Expectation {
  readonly recording: Recording;
  readonly diagram: string;
  readonly values: Legend | undefined;
  readonly error: unknown;
  /** The line that states it. */
  readonly where: Error;
}

/** All that a run has to fulfil, and all in which it has not. */
export class Expectations {
  private readonly stated: Expectation[] = [];
  private readonly failures: Error[] = [];

  add(expectation: Expectation): void {
    this.stated.push(expectation);
  }

  /** Compares each recording as it is now with its diagram. */
  compare(): void {
    for (const { recording, diagram, values, error, where } of this.stated) {
      this.attempt(() => {
        const mismatch = compare(recording, diagram, values, error);
        if (mismatch !== undefined) throw at(where, mismatch);
      });
    }
  }

  /** What has come before `nowMs` and differs, whatever comes later; undefined if nothing does. */
  differencesBefore(nowMs: number): string | undefined {
    const pictures = this.stated.flatMap(({ recording, diagram, values, error }) => {
      const begun = beginning(recording, nowMs);
      const moments = parseDiagram(diagram).moments.filter(({ atMs }) => atMs < nowMs);
      const mismatch = compareMoments(begun, moments, { values, error }) && compare(recording, diagram, values, error);
      return mismatch === undefined ? [] : [mismatch.message];
    });
    if (pictures.length === 0) return undefined;
    return [`that was thrown at ${nowMs} ms; what differed already:`, ...pictures].join('\n\n');
  }

  /** What `check` throws is one thing more that is wrong. */
  attempt(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** @throws the one thing that is wrong, or an error that tells of them all. */
  throwFailures(): void {
    const [first, ...more] = this.failures;
    if (first === undefined) return;
    throw more.length === 0 ? first : at(first, together(this.failures));
  }
}

/** Test runners would print the parts of an AggregateError once more. */
function together(failures: readonly Error[]): Error {
  const message = failures.map((failure) => failure.message).join('\n\n');
  const mismatches = failures.filter((failure) => failure instanceof MarbleMismatchError);
  if (mismatches.length === failures.length) {
    return new MarbleMismatchError(message, mismatches[0]?.expected, mismatches[0]?.actual);
  }
  return failures.some((failure) => failure instanceof GuardError) ? new GuardError(message) : new Error(message);
}

/** What is certain of a recording before its end: in the present millisecond something may still come. */
function beginning(recording: Recording, nowMs: number): Recording {
  const { name, legend } = recording;
  const matches = recording.matches?.bind(recording);
  const events = recording.events.filter(({ atMs }) => atMs < nowMs);
  return { name, legend, events, ...(matches === undefined ? {} : { matches }) };
}

/** Test runners show the line of the test where an error comes from: that of the expectation, not of the kit. */
export function at(where: Error, error: Error): Error {
  const { stack = '' } = where;
  error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`;
  return error;
}
