import { marbles, type MarbleKit, type MarbleOptions } from '../../../src/testing.js';

/** Runs a test of the engine's own sources in virtual time: most of these never end. Every pause is as long as it can be. */
export function run(test: (kit: MarbleKit) => void, options: MarbleOptions = {}): void {
  marbles(test, { leaveOpen: true, jitter: 'none', ...options });
}
