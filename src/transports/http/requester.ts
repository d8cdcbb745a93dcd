import type { SluiceError } from '../../foundation/errors.js';

/** One HTTP exchange to be made. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, percent-encoded, such as `/v1/agl/health`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** What came back: any status is an answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Without parameters and in lower case, such as `application/json`; empty if there is none. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** What becomes of an exchange: one of the two is called, once, never inside `request`. */
export interface HttpEvents {
  answered(answer: HttpAnswer): void;
  /**
   * There is no answer: a `ChannelError` if the connection could not be opened or broke first, an `AnswerCutOffError` if
   * it broke in the middle of the answer, an `AnswerTooLargeError`, a `ClosedError` after `close`.
   */
  failed(error: SluiceError): void;
}

/**
 * Makes HTTP exchanges with one origin. It has no timeouts of its own: whoever asks keeps the time and calls off what
 * takes too long.
 */
export interface Requester {
  /** For errors and reports, such as `http://127.0.0.1:4747`. */
  readonly origin: string;
  /** The returned function calls the exchange off, silently; what the server makes of it is unknown then. */
  request(request: HttpRequest, events: HttpEvents): () => void;
  /** Drops all connections; exchanges under way fail. */
  close(): void;
}
