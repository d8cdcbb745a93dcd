/**
 * What happened is not what the diagram says. The message shows the two diagrams one above the other.
 *
 * @example
 * import { compare, MarbleMismatchError } from 'sluice/testing';
 * const mismatch = compare({ name: 'nothing', events: [] }, '--a');
 * if (mismatch instanceof MarbleMismatchError) console.log(mismatch.expected, mismatch.actual);
 */
export class MarbleMismatchError extends Error {
  /** The diagram that the test has; undefined if it has another form than RxJS's syntax can say. */
  declare readonly expected: string | undefined;
  /** What happened as a diagram; undefined if RxJS's syntax can't say it. */
  declare readonly actual: string | undefined;

  constructor(message: string, expected: string | undefined, actual: string | undefined) {
    super(message);
    // Test runners print what is enumerable, or draw their own difference of the two, below a message that shows it.
    const properties = { name: 'MarbleMismatchError', expected, actual, showDiff: false };
    for (const [key, value] of Object.entries(properties)) {
      Object.defineProperty(this, key, { value, configurable: true, writable: true });
    }
  }
}
