import { encodeUtf8 } from '../payload/utf8.js';
import type { Operation } from './codec.js';
import { Opcode } from './opcodes.js';
import { decodeText } from './refusals.js';
import { decodePayload, encodePayload } from './request-payload.js';

const EMPTY = new Uint8Array(0);

/** The cheapest sign of life; it belongs to no namespace. */
export const ping: Operation<void, string> = {
  name: 'ping',
  opcode: Opcode.Ping,
  taking: false,
  encodeRequest: () => encodePayload(EMPTY, EMPTY),
  decodeRequest: (payload) => ({ namespace: decodePayload(payload).namespace, request: undefined }),
  encodeAnswer: encodeUtf8,
  decodeAnswer: decodeText,
};
