import { catchError, of, throwError, type OperatorFunction } from 'rxjs';
import { RolloutNotFoundError, StatusError } from '../../codecs/lightning/errors.js';
import type { Rollout } from '../../codecs/lightning/rollout.js';

/**
 * The answer for a rollout that the store doesn't know: a 500, because its framework refuses to send the `null` that the
 * store gave it (lightning.md 9, trap 1).
 */
export function unlessUnknown(): OperatorFunction<Rollout | undefined, Rollout | undefined> {
  return catchError((error: unknown) => {
    const refused = error instanceof StatusError && error.errorType === 'ResponseValidationError';
    return refused || error instanceof RolloutNotFoundError ? of(undefined) : throwError(() => error);
  });
}
