import { decodeUtf8 } from '../payload/utf8.js';
import { BodyReader } from './body-reader.js';
import { BodyWriter } from './body-writer.js';
import { BadRequestError, InvalidRequestError, NotFoundError } from './errors.js';
import { OptionsReader } from './options.js';

/** What a request says, except for the operations that are coded by schema (flo.md 2.4). */
export interface RequestPayload {
  readonly namespace: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly options: OptionsReader;
}

/** What a request that is coded by schema says (flo.md 4.10). */
export interface SchemaPayload {
  readonly namespace: string;
  readonly key: Uint8Array;
  readonly body: BodyReader;
}

const EMPTY = new Uint8Array(0);

/** Lengths must have been checked. */
export function encodePayload(
  namespace: Uint8Array,
  key: Uint8Array,
  value: Uint8Array = EMPTY,
  options: Uint8Array = EMPTY,
): Uint8Array {
  return new BodyWriter(10 + namespace.length + key.length + value.length + options.length)
    .str16(namespace)
    .str16(key)
    .str32(value)
    .str16(options)
    .done();
}

/**
 * Throws {@link InvalidRequestError} where a length points past the end; a missing block of options is an empty one.
 */
export function decodePayload(payload: Uint8Array): RequestPayload {
  const reader = new BodyReader(payload, (problem) => new InvalidRequestError(`the payload of a request: ${problem}`));
  const namespace = text(reader.str16('namespace'), 'namespace');
  const key = reader.str16('key');
  const value = reader.str32('value');
  const options = reader.remaining === 0 ? EMPTY : reader.str16('options');
  return { namespace, key, value, options: new OptionsReader(options) };
}

/** What remains behind the key is the body, whose faults are refused: the request itself could be read. */
export function decodeSchemaPayload(payload: Uint8Array): SchemaPayload {
  const reader = new BodyReader(payload, (problem) => new InvalidRequestError(`the payload of a request: ${problem}`));
  const namespace = text(reader.str16('namespace'), 'namespace');
  const key = reader.str16('key');
  return { namespace, key, body: new BodyReader(reader.rest(), (problem) => malformed(problem)) };
}

/** UTF-8 that a client has sent. */
export function text(bytes: Uint8Array, field: string): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw malformed(`${field}: not UTF-8`);
  }
}

/** The request can be read, and makes no sense. */
export function malformed(problem: string): BadRequestError {
  return new BadRequestError(problem, { reason: 'malformed', ran: 'no' });
}

/** No transaction is ever begun here. */
export function noSuchTransaction(): NotFoundError {
  return new NotFoundError('no such transaction', { reason: 'no_such_transaction', ran: 'no' });
}
