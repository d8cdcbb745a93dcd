import { LanceError, type InvalidRecordError } from '../../../codecs/lance/errors.js';
import type { ErrorDetails } from '../../../foundation/errors.js';
import { topicText, type TopicRef } from '../connection/topic-ref.js';

/**
 * There are no records where reading was to begin or to go on: segments in front of it were deleted, which moves every later
 * offset (lance.md 7.2, T 20), or it never was the boundary of a record. A position beyond the end of the data is a
 * {@link ServerCatchingUpError} instead, since a server that is behind may still catch up, and one that was stored for
 * an earlier topic a {@link StalePositionError}. `onTruncated` of `consume` says what else there is to do in all three.
 */
export class TruncatedError extends LanceError {
  static override readonly code: string = 'LANCE_TRUNCATED';
  /** Where reading was to go on. */
  readonly position: bigint;

  constructor(message: string, position: bigint, details: ErrorDetails = {}) {
    super(message, { ...details, context: { ...details.context, position } });
    this.position = position;
  }
}

/** @internal */
export function noRecordsAt(topic: TopicRef, position: number, cause: InvalidRecordError): TruncatedError {
  const message =
    `no records are at ${position} of ${topicText(topic)}, where reading was to go on: segments were deleted, ` +
    'it is no boundary, or what was written there is no record (the option onTruncated of consume says what else to do)';
  return new TruncatedError(message, BigInt(position), { cause, context: { topic } });
}
