import { SluiceError, type ErrorDetails } from '../../foundation/errors.js';
import type { Ran, Reason } from './reasons.js';
import { Status } from './status.js';

/** Anything that goes wrong between a Flo client and a Flo server (flo.md 6). */
export class FloError extends SluiceError {
  static override readonly code: string = 'FLO';
}

/** No connection could be made. Nothing was sent. */
export class ConnectionFailedError extends FloError {
  static override readonly code: string = 'FLO_CONNECTION_FAILED';
  static override readonly retryable: boolean = true;
}

/** The connection ended. What was sent and not answered has an unknown outcome. */
export class UnexpectedEofError extends FloError {
  static override readonly code: string = 'FLO_UNEXPECTED_EOF';
  static override readonly retryable: boolean = true;
}

/** No answer came in time. The outcome is unknown; the connection stays usable. */
export class FloTimeoutError extends FloError {
  static override readonly code: string = 'FLO_TIMEOUT';
  static override readonly retryable: boolean = true;
}

/** The peer said something that its generation of the protocol does not allow. */
export class ProtocolError extends FloError {
  static override readonly code: string = 'FLO_PROTOCOL';
}

/** A frame does not begin with `FLO` and NUL. The connection can't be used further. */
export class InvalidMagicError extends ProtocolError {
  static override readonly code: string = 'FLO_INVALID_MAGIC';
}

/** A frame has the version of another generation. The connection can't be used further. */
export class UnsupportedVersionError extends ProtocolError {
  static override readonly code: string = 'FLO_UNSUPPORTED_VERSION';
}

/** A frame of version 2 belongs to another table of operations. The connection can't be used further. */
export class TableMismatchError extends ProtocolError {
  static override readonly code: string = 'FLO_TABLE_MISMATCH';
}

/** The checksum of an answer is wrong: only that answer is lost, the connection stays usable. */
export class InvalidChecksumError extends ProtocolError {
  static override readonly code: string = 'FLO_INVALID_CHECKSUM';
}

/** The body of an answer can't be read; only the call that it answers fails. */
export class IncompleteResponseError extends ProtocolError {
  static override readonly code: string = 'FLO_INCOMPLETE_RESPONSE';
}

/** A frame announces more bytes than allowed. The connection can't be used further. */
export class PayloadTooLargeError extends ProtocolError {
  static override readonly code: string = 'FLO_PAYLOAD_TOO_LARGE';
}

/** What a client sent is no request: a server answers with id 0 and status 3, then closes (flo.md 2.4). */
export class InvalidRequestError extends ProtocolError {
  static override readonly code: string = 'FLO_INVALID_REQUEST';
}

/**
 * The first answer can't be understood, which is how it looks when the server speaks another generation than the
 * client's option `protocol` says; `cause` is what was seen (flo.md 0).
 */
export class ProtocolMismatchError extends ProtocolError {
  static override readonly code: string = 'FLO_PROTOCOL_MISMATCH';

  constructor(protocol: string, address: string, cause: FloError) {
    // Other generations begin their answers as this one does.
    const doubt = cause instanceof InvalidMagicError ? `; is ${address} a Flo server?` : '';
    super(`protocol: ${address} does not seem to speak ${JSON.stringify(protocol)}: ${cause.message}${doubt}`, {
      cause,
      context: { ...cause.context, protocol, address },
    });
  }
}

/** What is known of a refusal beside its text. */
export interface RefusedDetails extends ErrorDetails {
  readonly reason?: Reason;
  readonly ran?: Ran;
}

/**
 * The server refused a request. Subclasses name the usual statuses; all others are of this class itself. The
 * connection stays usable, unless it was the answer to no request (id 0).
 */
export class ServerError extends FloError {
  static override readonly code: string = 'FLO_SERVER';
  /** The number on the wire (flo.md 2.8). */
  readonly status: number;
  /** Why, where the protocol `v2-table` tells. */
  readonly reason: Reason | undefined;
  /** Whether the operation took effect all the same, where the protocol `v2-table` tells. */
  readonly ran: Ran | undefined;

  constructor(message: string, status: number, details: RefusedDetails = {}) {
    const { reason, ran } = details;
    super(message, { ...details, context: { ...details.context, status, reason, ran } });
    this.status = status;
    this.reason = reason;
    this.ran = ran;
  }
}

/** The key, queue, stream or worker does not exist (status 2). */
export class NotFoundError extends ServerError {
  static override readonly code: string = 'FLO_NOT_FOUND';
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.NotFound, details);
  }
}

/** The server refuses what it was given (status 3). */
export class BadRequestError extends ServerError {
  static override readonly code: string = 'FLO_BAD_REQUEST';
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.BadRequest, details);
  }
}

/** Not allowed, such as keys that the server reserves for itself (status 7). */
export class UnauthorizedError extends ServerError {
  static override readonly code: string = 'FLO_UNAUTHORIZED';
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.Unauthorized, details);
  }
}

/** A condition of the request does not hold: read again before the next try (status 8). */
export class ConflictError extends ServerError {
  static override readonly code: string = 'FLO_CONFLICT';
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.Conflict, details);
  }
}

/** The server failed (status 9). It may recover, unless it says that it does not know the operation. */
export class InternalServerError extends ServerError {
  static override readonly code: string = 'FLO_INTERNAL';
  static override readonly retryable: boolean = true;
  /** The server has no such operation, and will have none later. */
  readonly notImplemented: boolean;

  constructor(message: string, details: RefusedDetails = {}) {
    const notImplemented = details.reason === 'unknown_op' || /not implemented/i.test(message);
    super(message, Status.InternalError, { ...(notImplemented ? { retryable: false } : {}), ...details });
    this.notImplemented = notImplemented;
  }
}

/** The server has too much to do; try again later (status 10). */
export class OverloadedError extends ServerError {
  static override readonly code: string = 'FLO_OVERLOADED';
  static override readonly retryable: boolean = true;
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.Overloaded, details);
  }
}

/** Too many requests in a second (status 11). */
export class RateLimitedError extends ServerError {
  static override readonly code: string = 'FLO_RATE_LIMITED';
  static override readonly retryable: boolean = true;
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.RateLimited, details);
  }
}

/** A write reached no leader, or the leader changed: it may have been applied all the same, see `ran` (status 12). */
export class UnavailableError extends ServerError {
  static override readonly code: string = 'FLO_UNAVAILABLE';
  static override readonly retryable: boolean = true;
  constructor(message: string, details?: RefusedDetails) {
    super(message, Status.Unavailable, details);
  }
}
