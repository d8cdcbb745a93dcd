/** What the head of an answer says became of the request (flo.md 2.8). */
export const Status = {
  Ok: 0,
  GenericError: 1,
  NotFound: 2,
  BadRequest: 3,
  CrossCoreTransaction: 4,
  NoActiveTransaction: 5,
  GroupLocked: 6,
  Unauthorized: 7,
  Conflict: 8,
  InternalError: 9,
  Overloaded: 10,
  RateLimited: 11,
  Unavailable: 12,
} as const;

const TEXTS: readonly string[] = [
  'ok',
  'generic error',
  'not found',
  'bad request',
  'cross-core transactions are not supported',
  'no active transaction',
  'consumer group is locked',
  'unauthorized',
  'conflict',
  'internal server error',
  'server overloaded',
  'rate limit exceeded',
  'unavailable',
];

/** What a status means, for a refusal that came without a text. */
export function statusText(status: number): string {
  return TEXTS[status] ?? `unknown status ${status}`;
}
