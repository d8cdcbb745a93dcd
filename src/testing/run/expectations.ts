import { compare } from '../marbles/compare.js';
import type { Legend, Recording } from '../marbles/recording.js';

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
  private readonly mismatches: Error[] = [];

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

  /** What `check` throws is one thing more that is wrong. */
  attempt(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.mismatches.push(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** @throws the one thing that is wrong, or an error that tells of them all. */
  throwMismatches(): void {
    const [first, ...more] = this.mismatches;
    if (first === undefined) return;
    // Test runners would print the parts of an AggregateError once more.
    if (more.length > 0) throw at(first, new Error(this.mismatches.map(({ message }) => message).join('\n\n')));
    throw first;
  }
}

/** Test runners show the line of the test where an error comes from: that of the expectation, not of the kit. */
function at(where: Error, error: Error): Error {
  const { stack = '' } = where;
  error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`;
  return error;
}
