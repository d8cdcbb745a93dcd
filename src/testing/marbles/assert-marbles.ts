import { compare } from './compare.js';
import type { Legend, Recording } from './recording.js';
import { showValue } from './show-value.js';

/** A recording, or what has one. */
export type Recorded = Recording | { readonly recording: Recording };

/** @internal Throws TypeError if it is none; `where` stands before that. */
export function recordingOf(where: string, recorded: Recorded): Recording {
  const recording: unknown = isObject(recorded) && 'recording' in recorded ? recorded.recording : recorded;
  if (isRecording(recording)) return recording;
  throw new TypeError(`${where}: needs a recording, or something that has one, got ${showValue(recorded)}`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isRecording(value: unknown): value is Recording {
  return isObject(value) && 'name' in value && 'events' in value && Array.isArray(value.events);
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
  const mismatch = compare(recordingOf('assertMarbles', recorded), diagram, values, error);
  if (mismatch === undefined) return;
  // The first line of the stack is the test's.
  Error.captureStackTrace(mismatch, assertMarbles);
  throw mismatch;
}
