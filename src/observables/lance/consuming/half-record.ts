import { clock } from '../../../foundation/clock.js';

/** What to do about a record whose end is not there. */
export type HalfRecordVerdict = 'wait' | 'read again' | 'no record';

/** Answers that brought nothing. */
const ANSWERS = 3;
/** A server may show a part of what it is writing for a moment. */
const FOR_MS = 5_000;

/**
 * Watches the beginning of a record that stands where the data ends. Records never span what was written at once, and
 * servers show that whole: if the rest does not come, what stands there is no record, and would swallow what follows it.
 * There is no timer: only answers are looked at that came anyway.
 */
export class HalfRecord {
  private position = -1;
  private answers = 0;
  private sinceMs = 0;
  private wasReadAgain = false;

  /** Nothing that was seen so far counts. */
  forget(): void {
    this.position = -1;
  }

  /** An answer has brought nothing behind the half record at `position`. Before the last word it is read once more. */
  endsAt(position: number): HalfRecordVerdict {
    if (position !== this.position) {
      this.position = position;
      this.answers = 0;
      this.sinceMs = clock.now();
      this.wasReadAgain = false;
    }
    if (++this.answers < ANSWERS || clock.now() - this.sinceMs < FOR_MS) return 'wait';
    if (this.wasReadAgain) return 'no record';
    this.wasReadAgain = true;
    return 'read again';
  }
}
