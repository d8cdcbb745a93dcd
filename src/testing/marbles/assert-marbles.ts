import { compare } from './compare.js';
import type { Legend, Recording } from './recording.js';

/** A recording, or what has one. */
export type Recorded = Recording | { readonly recording: Recording };

/** @internal */
export function recordingOf(recorded: Recorded): Recording {
  return 'recording' in recorded ? recorded.recording : recorded;
}

/**
 * Throws unless what was recorded is what the diagram says: for test runners without `expect`, such as `node:test`.
 *
 * @throws {@link MarbleMismatchError} that shows the two diagrams; {@link DiagramError} if the diagram is none.
 * @example
 * import { assertMarbles } from 'sluice/testing';
 * const recording = { name: 'letters', events: [{ atMs: 1, kind: 'next', value: 'a' }] } as const;
 * assertMarbles(recording, '-a');
 */
export function assertMarbles(recorded: Recorded, diagram: string, values?: Legend, error?: unknown): void {
  const mismatch = compare(recordingOf(recorded), diagram, values, error);
  if (mismatch !== undefined) throw mismatch;
}
