import { InvalidOptionError } from '../../../foundation/errors.js';

/** One call of the store's API (lightning.md 2), apart from how it gets there. */
export interface StoreRequest<T> {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/agl`, percent-encoded, with its query. */
  readonly path: string;
  /** What is sent as JSON; undefined: no body. */
  readonly body?: unknown;
  /** Reads the JSON of the answer. Throws `ProtocolError` if it is not what was asked for. */
  read(json: unknown): T;
}

/** An id as a part of a path. */
export function segment(option: string, id: string): string {
  checkId(option, id);
  try {
    return encodeURIComponent(id);
  } catch {
    throw new InvalidOptionError(option, id, 'must be well-formed: no half of a surrogate pair');
  }
}

/** {@link segment} of a request that changes what has this id: the store takes `search` in its place for a search. */
export function idToChange(option: string, id: string): string {
  if (id === 'search') throw new InvalidOptionError(option, id, "can't be 'search': the store has its searches there");
  return segment(option, id);
}

/** Returns `id` if the store can be asked for it: an empty one makes another path, and slashes are unreachable. */
export function checkId(option: string, id: string): string {
  if (typeof id !== 'string' || id === '')
    throw new InvalidOptionError(option, id, 'must be a string that is not empty');
  // Proxies take dots for steps in a path, even encoded.
  if (id !== '.' && id !== '..' && !id.includes('/')) return id;
  throw new InvalidOptionError(option, id, "must have no '/' and be neither '.' nor '..'");
}

/** `null` says that there is nothing. */
export function orUndefined<T>(read: (json: unknown) => T): (json: unknown) => T | undefined {
  return (json) => (json === null ? undefined : read(json));
}
