import type { Difference } from './first-difference.js';
import type { Letters } from './letters.js';
import type { Moment } from './moment.js';
import type { MarbleEvent } from './recording.js';

/** All that a picture of a difference is made of. */
export interface PictureParts {
  readonly name: string;
  /** How a test compares less of it, if the recording knows. */
  readonly parts: string | undefined;
  readonly expected: readonly Moment[];
  readonly actual: readonly MarbleEvent[];
  /** What happened, as letters. */
  readonly drawn: readonly Moment[];
  readonly difference: Difference;
  readonly letters: Letters;
  /** The diagram as the test has it, if it has one. */
  readonly written: string | undefined;
  /** What happened as a diagram, if it can be said. */
  readonly asDiagram: string | undefined;
}
