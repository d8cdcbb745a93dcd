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

/** An embedded server's files could not be read or written. Its context has `path`, and `errno` (`ENOSPC`, …) if the system gave one. */
export class StorageError extends SluiceError {
  static override readonly code: string = 'STORAGE';

  /** The error for whatever went wrong with a file or folder. */
  static of(path: string, cause: unknown): StorageError {
    if (cause instanceof StorageError) return cause;
    const { message = String(cause), code: errno } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
    return new StorageError(`${path}: ${message}`, { cause, context: { path, ...(errno && { errno }) } });
  }
}

/** Another server uses the data folder. Its context has `path` and the `pid` of that server's process. */
export class DataDirInUseError extends StorageError {
  static override readonly code: string = 'DATA_DIR_IN_USE';
  static override readonly retryable: boolean = true;
}

/** The port belongs to someone else. It may become free. */
export class AddressInUseError extends ListenError {
  static override readonly code: string = 'ADDRESS_IN_USE';
  static override readonly retryable: boolean = true;
}
