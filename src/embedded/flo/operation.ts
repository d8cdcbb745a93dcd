import type { Operation, Refusal } from '../../codecs/flo/codec.js';
import { ServerError } from '../../codecs/flo/errors.js';
import { refusalOf } from '../../codecs/flo/refusals.js';
import type { FloCore } from './core.js';
import { Exchange, type Asked } from './exchange.js';
import { hasNul } from './qualified-name.js';
import { malformed, refusals } from './refusals.js';

/** An operation in one generation of the wire, as the server carries it out. */
export interface ServedOperation {
  readonly name: string;
  readonly opcode: number;
  /** @throws InvalidRequestError when the payload is no request at all. */
  carryOut(asked: Asked, payload: Uint8Array): void;
  refuse(asked: Asked, refusal: Refusal): void;
}

/** Serves an operation of a codec; `then` answers, now or later. */
export function serve<Q, A>(
  core: FloCore,
  operation: Operation<Q, A>,
  then: (exchange: Exchange<A>, request: Q, namespace: string) => void,
): ServedOperation {
  const { name, opcode } = operation;
  return {
    name,
    opcode,
    carryOut(asked, payload) {
      const exchange = new Exchange(core, asked, operation);
      const decoded = decode(operation, payload);
      if ('refusal' in decoded) exchange.refuse(decoded.refusal);
      else then(exchange, decoded.request, decoded.namespace);
    },
    refuse: (asked, refusal) => new Exchange(core, asked, operation).refuse(refusal),
  };
}

/** What a client asks for that this server does not have. */
export function notImplemented(core: FloCore, opcode: number): ServedOperation {
  const operation = { name: 'unknown', encodeAnswer: () => new Uint8Array(0) };
  const refuse = (asked: Asked, refusal: Refusal): void => new Exchange(core, asked, operation).refuse(refusal);
  return { name: 'unknown', opcode, carryOut: (asked) => refuse(asked, refusals.notImplemented), refuse };
}

/** Why a name of a key or queue can't be, if so. */
export function nameRefusal(namespace: string, key: Uint8Array): Refusal | undefined {
  if (key.length === 0) return malformed('empty key');
  return hasNul(namespace, key) ? malformed('NUL in a key or namespace') : undefined;
}

function decode<Q, A>(
  operation: Operation<Q, A>,
  payload: Uint8Array,
): { readonly namespace: string; readonly request: Q } | { readonly refusal: Refusal } {
  try {
    return operation.decodeRequest(payload);
  } catch (error) {
    if (error instanceof ServerError) return { refusal: refusalOf(error) };
    throw error;
  }
}
