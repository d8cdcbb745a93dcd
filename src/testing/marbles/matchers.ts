import { recordingOf, type Recorded } from './assert-marbles.js';
import { compare } from './compare.js';
import type { Legend } from './recording.js';

/** What a matcher tells jest and vitest. */
export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/**
 * What `expect` gains by {@link matchers}, to be merged into the types of your test runner.
 *
 * @example
 * import type { MarbleMatchers } from 'sluice/testing';
 * declare global {
 *   namespace jest {
 *     interface Matchers<R> extends MarbleMatchers<R> {}
 *   }
 * }
 */
export interface MarbleMatchers<R = void> {
  /** What was recorded is what the diagram says; see {@link compare}. */
  toMatchMarbles(diagram: string, values?: Legend, error?: unknown): R;
}

/**
 * Matchers for jest and vitest.
 *
 * @example
 * import { matchers } from 'sluice/testing';
 * expect.extend(matchers);
 */
export const matchers = {
  toMatchMarbles(received: Recorded, diagram: string, values?: Legend, error?: unknown): MatcherResult {
    const recording = recordingOf('toMatchMarbles', received);
    const mismatch = compare(recording, diagram, values, error);
    if (mismatch !== undefined) return { pass: false, message: () => mismatch.message };
    return { pass: true, message: () => `${recording.name} must not be\n\n  ${diagram}\n\nand that is what happened` };
  },
};
