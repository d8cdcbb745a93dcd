import type { LanceError } from '../../../codecs/lance/errors.js';
import { withContext } from '../../../foundation/with-context.js';

/**
 * What is known of a record that was not acknowledged. `'not sent'`: it never left. `'refused'`: the server says that it
 * did not take it. `'unknown'`: it was sent, and may have been written; sending it again may write it twice.
 */
export type SendOutcome = 'not sent' | 'refused' | 'unknown';

/** The error with `context.outcome`. */
export function withOutcome(error: LanceError, outcome: SendOutcome): LanceError {
  return withContext(error, { outcome });
}
