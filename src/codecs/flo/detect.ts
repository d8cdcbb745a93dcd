import type { FloProtocol } from './codec.js';
import { codecFor } from './codec-for.js';
import { InvalidMagicError, TableMismatchError, UnsupportedVersionError, type ProtocolError } from './errors.js';
import { encodeAnswerFrame, encodeShortRefusal, hasMagic, hasTable, V1_32, V2, V2_TABLE } from './header.js';
import { encodeRefusalText } from './refusals.js';
import { Status } from './status.js';

/** A request of a generation that is spoken here, or the answer that refuses it, after which the connection ends. */
export type Detected =
  { readonly protocol: FloProtocol } | { readonly answer: Uint8Array; readonly error: ProtocolError };

const MAGIC_BYTES = 4;
const SHORT_HEAD_BYTES = 24;
const HEAD_BYTES = 32;
const NO_REQUEST = { low: 0, high: 0 };

/**
 * Which generation the request that begins at `bytes[start]` belongs to, as nothing on the wire negotiates it
 * (flo.md 0). Undefined: more than `bytes[start, end)` is needed, at most 32 bytes. Whom it refuses gets an answer in
 * the form that this client reads.
 */
export function detectRequest(bytes: Uint8Array, start: number, end: number): Detected | undefined {
  const known = end - start;
  if (known < MAGIC_BYTES) return undefined;
  if (!hasMagic(bytes, start)) return refusedV1(new InvalidMagicError('a request does not begin with FLO'));
  if (known < SHORT_HEAD_BYTES) return undefined;
  const version = bytes[start + 22]!;
  if (version === 1) return { protocol: 'v1-32' };
  // Clients with the short head may send no more than this, so it must be told before more is waited for.
  if (version === 0 && bytes[start + 20] === 1) return refusedShort();
  if (version !== 2) {
    return refusedV1(new UnsupportedVersionError(`a request of version ${version}`, { context: { version } }));
  }
  if (known < HEAD_BYTES) return undefined;
  if (hasTable(bytes, start, V2_TABLE)) return { protocol: 'v2-table' };
  return hasTable(bytes, start, V2) ? refusedV2() : refusedTable();
}

/** With a text that genuine servers use too: some clients look for it. */
function refusedV1(error: ProtocolError): Detected {
  const body = encodeRefusalText('Invalid request');
  return { answer: encodeAnswerFrame(V1_32, NO_REQUEST, Status.BadRequest, body), error };
}

function refusedShort(): Detected {
  const text = 'protocol v1-24 is not spoken here: use v1-32 or v2-table';
  const answer = encodeShortRefusal(Status.BadRequest, encodeRefusalText(text));
  return { answer, error: new UnsupportedVersionError(text) };
}

function refusedV2(): Detected {
  const text = 'protocol v2 is not spoken here: use v1-32 or v2-table';
  const answer = encodeAnswerFrame(V2, NO_REQUEST, Status.BadRequest, encodeRefusalText(text));
  return { answer, error: new TableMismatchError(text) };
}

/** The head of the answer tells the table that is spoken here. */
function refusedTable(): Detected {
  const text = 'table mismatch';
  const codec = codecFor('v2-table');
  const body = codec.refusalBody({ status: Status.BadRequest, text, reason: 'table_mismatch', ran: 'no' });
  const answer = codec.answerFrame(NO_REQUEST, Status.BadRequest, body);
  return { answer, error: new TableMismatchError('a request of an unknown table of operations') };
}
