import { SluiceError } from '../foundation/errors.js';

/** What is known of a failure of the system: the fields that Node's errors carry. */
export interface ChannelFailure {
  /** The symbolic code, such as `ECONNREFUSED`; in the context as `errno`. */
  readonly code?: string | undefined;
  /** What was being done: `connect`, `read`, `write`, `getaddrinfo`. */
  readonly syscall?: string | undefined;
}

/**
 * A channel could not be opened, or broke. Its context has `address`, `syscall` and `errno` (`ECONNREFUSED`, `ECONNRESET`,
 * `ETIMEDOUT`, `ENOTFOUND`, …). Retryable, unless the host's name does not exist
 * or the owner of the channel was at fault.
 *
 * @example
 * import { SluiceError } from 'sluice';
 * const refused = (error: unknown) => error instanceof SluiceError && error.context['errno'] === 'ECONNREFUSED';
 */
export class ChannelError extends SluiceError {
  static override readonly code: string = 'CHANNEL';
  static override readonly retryable: boolean = true;

  /** The error for a failure that the system reported. */
  static of(address: string, failure: ChannelFailure, cause?: unknown): ChannelError {
    const syscall = failure.syscall ?? 'socket';
    const errno = failure.code ?? 'UNKNOWN';
    // A name that does not exist will not exist later: most likely it is mistyped.
    const retryable = errno !== 'ENOTFOUND';
    return new ChannelError(`${address}: ${syscall} ${errno}`, {
      cause,
      retryable,
      context: { address, syscall, errno },
    });
  }

  /** The error for a channel whose owner threw while it was told something: trying again would not help. */
  static ownerThrew(address: string, cause: unknown): ChannelError {
    const message = `${address}: closed, because the owner of the channel threw`;
    return new ChannelError(message, { cause, retryable: false, context: { address } });
  }
}
