import type { Operation } from '../../codecs/flo/codec.js';
import { FloError } from '../../codecs/flo/errors.js';

/**
 * What is known of a call that failed: the server has answered it, and this is its word · it was sent, and whether it
 * took effect is unknown · it never left.
 */
export type Failure = 'refused' | 'unknown' | 'unsent';

/** One request and what is to become of its answer: of `answered` and `failed` exactly one is called, once. */
export interface Call {
  /** As users know it, such as `kv.get`. */
  readonly name: string;
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** How long the answer may take before the call fails, in milliseconds. */
  readonly patienceMs: number;
  /** It goes out over an open connection. */
  sent?(): void;
  answered(body: Uint8Array): void;
  failed(error: FloError, how: Failure): void;
  /** The answer came after all, when the call had failed already for want of it. */
  late?(body: Uint8Array): void;
}

/** What becomes of the answer to a call, decoded. */
export interface Answering<A> {
  sent?(): void;
  answered(answer: A): void;
  failed(error: FloError, how: Failure): void;
  late?(answer: A): void;
}

/** A call of one operation; an answer that can't be read fails this call only. */
export function callOf<Q, A>(
  operation: Operation<Q, A>,
  payload: Uint8Array,
  patienceMs: number,
  then: Answering<A>,
): Call {
  const { name, opcode } = operation;
  return {
    name,
    opcode,
    payload,
    patienceMs,
    sent: () => then.sent?.(),
    answered: (body) => {
      const answer = decoded(operation, body);
      if (answer instanceof FloError) then.failed(answer, 'refused');
      else then.answered(answer);
    },
    failed: (error, how) => then.failed(error, how),
    late: (body) => {
      if (then.late === undefined) return;
      const answer = decoded(operation, body);
      if (!(answer instanceof FloError)) then.late(answer);
    },
  };
}

/** The answer, or the error of one that can't be read; anything else that is thrown is a bug and must be seen. */
function decoded<Q, A>(operation: Operation<Q, A>, body: Uint8Array): A | FloError {
  try {
    return operation.decodeAnswer(body);
  } catch (error) {
    if (error instanceof FloError) return error;
    throw error;
  }
}
