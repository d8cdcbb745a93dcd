import { SluiceError, type ErrorDetails } from '../../foundation/errors.js';

/** Anything that goes wrong between a Lance client and a Lance server. */
export class LanceError extends SluiceError {
  static override readonly code: string = 'LANCE';
}

/** No connection, or it broke. What was sent and not answered has an unknown outcome. */
export class ConnectionError extends LanceError {
  static override readonly code: string = 'LANCE_CONNECTION';
  static override readonly retryable: boolean = true;
}

/** The peer said something that the protocol does not allow, or says that we did. */
export class ProtocolError extends LanceError {
  static override readonly code: string = 'LANCE_PROTOCOL';
}

/**
 * Bytes that are no frame: magic, version, checksum or size is wrong. The connection cannot be used further. Retryable if
 * it is a checksum: then the frame was damaged on its way.
 */
export class InvalidFrameError extends ProtocolError {
  static override readonly code: string = 'LANCE_INVALID_FRAME';
}

/** A record announces more bytes than allowed: the stream is damaged, or is no sequence of TLV records. */
export class InvalidRecordError extends ProtocolError {
  static override readonly code: string = 'LANCE_INVALID_RECORD';
  /** Where in the bytes the record starts; everything before it is whole. */
  readonly at: number;

  constructor(message: string, at: number, details: ErrorDetails = {}) {
    super(message, details);
    this.at = at;
  }
}

/** The server did not answer in time. The outcome is unknown and the connection must not be used further. */
export class LanceTimeoutError extends LanceError {
  static override readonly code: string = 'LANCE_TIMEOUT';
  static override readonly retryable: boolean = true;
}

/** Too much is under way: the server asks to slow down, or the local buffer is full. */
export class BackpressureError extends LanceError {
  static override readonly code: string = 'LANCE_BACKPRESSURE';
  static override readonly retryable: boolean = true;
}

/** The server has less data than was asked for: it is behind, or the data is gone (lance.md 7.10). */
export class ServerCatchingUpError extends LanceError {
  static override readonly code: string = 'LANCE_CATCHING_UP';
  static override readonly retryable: boolean = true;
  /** Where the server's data ends now; 0 if it does not know the topic. */
  readonly serverOffset: bigint;

  constructor(serverOffset: bigint, details: ErrorDetails = {}) {
    const requested = details.context?.['requestedOffset'];
    const what = requested === undefined ? 'what was asked for' : `${String(requested)}, which was asked for`;
    super(`the server's data ends at ${serverOffset}, before ${what}`, {
      ...details,
      context: { ...details.context, serverOffset },
    });
    this.serverOffset = serverOffset;
  }
}

/** There is no such topic. */
export class TopicNotFoundError extends LanceError {
  static override readonly code: string = 'LANCE_TOPIC_NOT_FOUND';
}

/** A topic of this name exists already. */
export class TopicAlreadyExistsError extends LanceError {
  static override readonly code: string = 'LANCE_TOPIC_EXISTS';
}

/** A topic's name must consist of 1 to 255 letters a-z, A-Z, digits and dashes. */
export class InvalidTopicNameError extends LanceError {
  static override readonly code: string = 'LANCE_INVALID_TOPIC_NAME';
}

/** This node does not lead the cluster. */
export class NotLeaderError extends LanceError {
  static override readonly code: string = 'LANCE_NOT_LEADER';
  static override readonly retryable: boolean = true;
  /** `host:port` of the leader, IPv6 in brackets; absent when the server does not know it. */
  readonly leaderAddr: string | undefined;

  constructor(message: string, leaderAddr?: string, details: ErrorDetails = {}) {
    super(message, { ...details, context: { ...details.context, leaderAddr } });
    this.leaderAddr = leaderAddr;
  }
}

/** The node could not pass a request on to its leader, or too few nodes answered. A write may have happened all the same. */
export class ForwardFailedError extends LanceError {
  static override readonly code: string = 'LANCE_FORWARD_FAILED';
  static override readonly retryable: boolean = true;
}

/** The server wants a token, or refuses the one it was given. */
export class AccessDeniedError extends LanceError {
  static override readonly code: string = 'LANCE_ACCESS_DENIED';
}

/** The server's read limit is used up; ask again later. */
export class RateLimitedError extends LanceError {
  static override readonly code: string = 'LANCE_RATE_LIMITED';
  static override readonly retryable: boolean = true;
}

/** The server failed at its own work, in words that match nothing more precise. */
export class ServerError extends LanceError {
  static override readonly code: string = 'LANCE_SERVER';
}
