import { showValue } from '../marbles/show-value.js';
import type { MarbleRun } from '../run/marble-run.js';
import { meansEvent } from './matches.js';

/** A frame or a request that a peer expects: its name, or some of its fields. */
export type Expected = string | Readonly<Record<string, unknown>>;

/** What a peer expects next, and what it answers: nothing if there is nothing. */
export type Step<A> = readonly [expected: Expected, ...answers: A[]];

/** Follows a list of steps; the test fails at what was not expected, and if steps are left at the end. */
export class Steps<A> {
  private at = 0;

  constructor(
    private readonly steps: readonly Step<A>[],
    private readonly run: MarbleRun,
    /** For messages, such as `lancePeer`. */
    private readonly peer: string,
  ) {
    run.onEnd(() => this.checkEnd());
  }

  /** The answers to what has come; none once all steps have been done. */
  next(value: Readonly<Record<string, unknown>>, words: () => string): readonly A[] {
    const step = this.steps[this.at];
    if (step === undefined) return [];
    const [expected, ...answers] = step;
    const number = ++this.at;
    if (meansEvent(value, expected)) return answers;
    this.run.fail(
      new Error(`${this.peer}: step ${number} expects ${shown(expected)}, at ${this.run.nowMs} ms came ${words()}`),
    );
    return [];
  }

  private checkEnd(): void {
    const step = this.steps[this.at];
    if (step === undefined) return;
    const left = this.steps.length - this.at;
    throw new Error(
      `${this.peer}: ${left} of ${this.steps.length} steps never came, the first of them expects ${shown(step[0])}`,
    );
  }
}

function shown(expected: Expected): string {
  return typeof expected === 'string' ? expected : showValue(expected);
}
