import type { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { LanceError } from '../../../codecs/lance/errors.js';
import type { ErrorDetails } from '../../../foundation/errors.js';

/**
 * Nothing is left at a reader's position: segments in front of it were deleted, which moves every later offset, or the
 * topic was made anew (lance.md 7.2, T 20). Found where it can be: a position that was kept, or that reading resumes at,
 * and no record begins there. A position beyond the end of the data is a {@link ServerCatchingUpError} instead, since a
 * server that is behind may still catch up. `onTruncated` of `consume` says what else there is to do.
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
export function noRecordAt(position: number, cause: InvalidRecordError): TruncatedError {
  return new TruncatedError(
    `no record begins at ${position}, where reading was to go on: segments were deleted, or it was no boundary`,
    BigInt(position),
    { cause },
  );
}
