import type { FloCodec, FloCodecOptions } from './codec.js';
import {
  decodeAnswerHead,
  decodeRequestHead,
  encodeAnswerFrame,
  encodeRequestFrame,
  HEADER_BYTES,
  isIntact,
  V1_32,
} from './header.js';
import { kvV132 } from './kv-v1-32.js';
import { ping } from './ping.js';
import { queueOperations } from './queue-operations.js';
import { decodeText, encodeRefusalText, refusalError } from './refusals.js';

/** The generation that Go, Zig, JavaScript and Python 0.1.1 clients speak (flo.md 0). */
export function v132(options: FloCodecOptions = {}): FloCodec {
  const asServer = options.bodies === 'server';
  return {
    protocol: 'v1-32',
    headerBytes: HEADER_BYTES,
    leases: true,
    refusesAbsentDelete: true,

    requestFrame: (id, opcode, payload) => encodeRequestFrame(V1_32, id, opcode, payload),
    answerFrame: (id, status, payload) => encodeAnswerFrame(V1_32, id, status, payload),
    decodeRequestHead: (bytes, at) => decodeRequestHead(V1_32, bytes, at),
    decodeAnswerHead: (bytes, at) => decodeAnswerHead(V1_32, bytes, at),
    isIntact,

    refusalBody: ({ text = '' }) => encodeRefusalText(text),
    refused: (status, body, operation) => refusalError(status, decodeText(body), operation),

    ping,
    kv: kvV132(options),
    queue: queueOperations({
      protocol: 'v1-32',
      full: true,
      trailer: asServer ? 'written' : 'left out',
      counted: asServer,
    }),
  };
}
