import { SluiceError } from '../foundation/errors.js';

/** An embedded server could not listen. Its context has `host`, `port` and `errno` (`EACCES`, `EADDRNOTAVAIL`, …). */
export class ListenError extends SluiceError {
  static override readonly code: string = 'LISTEN';

  /** The error for a failure that the system reported. */
  static of(host: string, port: number, cause: NodeJS.ErrnoException): ListenError {
    const errno = cause.code ?? 'UNKNOWN';
    const context = { host, port, errno };
    if (errno === 'EADDRINUSE') return new AddressInUseError(`port ${port} on ${host} is in use`, { cause, context });
    return new ListenError(`cannot listen on port ${port} of ${host}: ${errno}`, { cause, context });
  }
}

/** The port belongs to someone else. It may become free. */
export class AddressInUseError extends ListenError {
  static override readonly code: string = 'ADDRESS_IN_USE';
  static override readonly retryable: boolean = true;
}
