import type { MonoTypeOperatorFunction } from 'rxjs';
import { retryBackoff, SluiceError } from 'sluice';

/** How long a server may be away before the job gives up. */
const PATIENCE_MS = 30_000;

/**
 * Asks again while a server is away. That is nobody's failure and costs no attempt: what a worker may try four times is
 * its work, not its way to the server.
 */
export function patiently<T>(): MonoTypeOperatorFunction<T> {
  return retryBackoff({
    initialMs: 50,
    maxMs: 1_000,
    maxElapsedMs: PATIENCE_MS,
    when: (error) => error instanceof SluiceError && error.retryable,
  });
}
