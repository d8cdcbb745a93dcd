import type { Refusal } from './codec.js';
import {
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
  UnavailableError,
  type RefusedDetails,
} from './errors.js';
import type { Ran, Reason } from './reasons.js';
import { Status, statusText } from './status.js';

/** Servers build refusals in a small buffer (flo.md 2.5). */
export const MAX_REFUSAL_TEXT_BYTES = 480;

const ELLIPSIS = ' …[truncated]';

const encoder = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** The error that a refusal means; `text` may be empty. */
export function refusalError(
  status: number,
  text: string,
  operation: string,
  details: RefusedDetails = {},
): ServerError {
  const message = `${operation}: ${text === '' ? statusText(status) : text}`;
  // What took effect must not be sent again, whatever its status says.
  const known: RefusedDetails = { ...(details.ran === 'yes' ? { retryable: false } : {}), ...details };
  switch (status) {
    case Status.NotFound:
      return new NotFoundError(message, known);
    case Status.BadRequest:
      return new BadRequestError(message, known);
    case Status.Unauthorized:
      return new UnauthorizedError(message, known);
    case Status.Conflict:
      return new ConflictError(message, known);
    case Status.InternalError:
      return new InternalServerError(message, known);
    case Status.Overloaded:
      return new OverloadedError(message, known);
    case Status.RateLimited:
      return new RateLimitedError(message, known);
    case Status.Unavailable:
      return new UnavailableError(message, known);
    default:
      return new ServerError(message, status, known);
  }
}

/** What a server answers where one of the codec's own refusals was thrown, such as by `decodeRequest`. */
export function refusalOf(error: ServerError): Refusal {
  const { status, reason, ran, message } = error;
  return {
    status,
    text: message,
    ...(reason === undefined ? {} : { reason }),
    ...(ran === undefined ? {} : { ran }),
  };
}

const USUAL_REASONS: Readonly<Record<number, Reason>> = {
  [Status.NotFound]: 'not_found',
  [Status.BadRequest]: 'malformed',
  [Status.Unauthorized]: 'reserved_key',
  [Status.Conflict]: 'condition_failed',
  [Status.InternalError]: 'internal',
  [Status.Overloaded]: 'shard_busy',
  [Status.Unavailable]: 'leader_unknown',
};

/** The reason that a refusal carries when the one who refuses names none. */
export function usualReason(status: number): Reason {
  return USUAL_REASONS[status] ?? 'unclassified';
}

/** Statuses that are decided before anything happens are honest about it; of the others nothing is known. */
export function usualRan(status: number): Ran {
  switch (status) {
    case Status.NotFound:
    case Status.BadRequest:
    case Status.Unauthorized:
    case Status.Conflict:
    case Status.Overloaded:
    case Status.RateLimited:
      return 'no';
    default:
      return 'unknown';
  }
}

/** A refusal's text in UTF-8, cut between two characters when it is too long. */
export function encodeRefusalText(text: string): Uint8Array {
  const whole = encoder.encode(text);
  if (whole.length <= MAX_REFUSAL_TEXT_BYTES) return whole;
  const tail = encoder.encode(ELLIPSIS);
  let end = MAX_REFUSAL_TEXT_BYTES - tail.length;
  while ((whole[end]! & 0xc0) === 0x80) end--;
  const cut = new Uint8Array(end + tail.length);
  cut.set(whole.subarray(0, end));
  cut.set(tail, end);
  return cut;
}

/** A text for people, as servers send it: what is not UTF-8 is replaced. */
export function decodeText(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}
