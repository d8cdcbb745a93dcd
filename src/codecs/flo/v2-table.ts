import { answerReader } from './answers.js';
import { BodyWriter } from './body-writer.js';
import type { FloCodec, Refusal } from './codec.js';
import { IncompleteResponseError, type FloError } from './errors.js';
import {
  decodeAnswerHead,
  decodeRequestHead,
  encodeAnswerFrame,
  encodeRequestFrame,
  HEADER_BYTES,
  isIntact,
  V2_TABLE,
} from './header.js';
import { kvV2Table } from './kv-v2-table.js';
import { ping } from './ping.js';
import { queueOperations } from './queue-operations.js';
import { ranCode, ranOf, reasonCode, reasonOf } from './reasons.js';
import { decodeText, encodeRefusalText, refusalError, usualRan, usualReason } from './refusals.js';

const CODEC: FloCodec = {
  protocol: 'v2-table',
  headerBytes: HEADER_BYTES,
  leases: false,
  refusesAbsentDelete: false,

  requestFrame: (id, opcode, payload) => encodeRequestFrame(V2_TABLE, id, opcode, payload),
  answerFrame: (id, status, payload) => encodeAnswerFrame(V2_TABLE, id, status, payload),
  decodeRequestHead: (bytes, at) => decodeRequestHead(V2_TABLE, bytes, at),
  decodeAnswerHead: (bytes, at) => decodeAnswerHead(V2_TABLE, bytes, at),
  isIntact,

  refusalBody,
  refused,

  ping,
  kv: kvV2Table,
  queue: queueOperations({ protocol: 'v2-table', full: false, trailer: 'required', counted: false }),
};

/**
 * The newest generation, spoken by Python 0.1.2: KV coded by schema, and refusals that tell their reasons (flo.md
 * 4.10).
 */
export function v2Table(): FloCodec {
  return CODEC;
}

/** Reason and `ran` are always there, even where there is no text. */
function refusalBody({ status, text = '', reason = usualReason(status), ran = usualRan(status) }: Refusal): Uint8Array {
  const words = encodeRefusalText(text);
  return new BodyWriter(3 + words.length).u16(reasonCode(reason)).u8(ranCode(ran)).bytes(words).done();
}

function refused(status: number, body: Uint8Array, operation: string): FloError {
  if (body.length < 3) return unreadable(operation, status, `a refusal of ${body.length} bytes`);
  const reader = answerReader(operation, body);
  const reasonNumber = reader.u16('reason');
  const ranNumber = reader.u8('ran');
  const reason = reasonOf(reasonNumber);
  const ran = ranOf(ranNumber);
  if (reason === undefined) return unreadable(operation, status, `a refusal with the unknown reason ${reasonNumber}`);
  if (ran === undefined) return unreadable(operation, status, `a refusal with the unknown ran ${ranNumber}`);
  return refusalError(status, decodeText(reader.rest()), operation, { reason, ran });
}

function unreadable(operation: string, status: number, problem: string): FloError {
  return new IncompleteResponseError(`the answer to ${operation}: ${problem}`, { context: { operation, status } });
}
