import { crc32Range } from '../../codecs/checksum/crc32.js';
import { commandName } from '../../codecs/lance/commands.js';
import { InvalidFrameError } from '../../codecs/lance/errors.js';
import { checkStart, commandOf, decodeHeader, HEADER_BYTES, type Header } from '../../codecs/lance/header.js';
import { readU32 } from '../../codecs/little-endian.js';
import type { MeasureFrame } from '../wires/frame-cutter.js';
import type { FrameReading, FrameSystem } from '../wires/framed-wire.js';
import { fieldsOfAck, fieldsOfCommand, fieldsOfIngest } from './frame-fields.js';
import { LANCE_LETTERS } from './letters.js';

/** A Lance frame. */
export interface LanceFrame {
  /** Such as `Fetch`. */
  readonly name: string;
  readonly header: Header;
  readonly payload: Uint8Array;
}

const MAGIC_BYTES = 4;
const PAYLOAD_LENGTH_AT = 32;
const LANC = Buffer.from('LANC');

/** How many bytes the Lance frame has that begins at `start`; undefined if more are needed to tell. */
export const measureLanceFrame: MeasureFrame = (bytes, start, end) => {
  // A short answer in another language would wait for ever to become a header.
  if (end - start >= MAGIC_BYTES && LANC.compare(bytes, start, start + MAGIC_BYTES) !== 0) {
    throw new InvalidFrameError('it does not begin with LANC');
  }
  if (end - start < HEADER_BYTES) return undefined;
  checkStart(bytes, start);
  return HEADER_BYTES + readU32(bytes, start + PAYLOAD_LENGTH_AT);
};

/** Reads a whole frame; `fromServer` tells whose keepalive it is. */
export function readLanceFrame(bytes: Uint8Array, fromServer: boolean): FrameReading<LanceFrame> {
  const header = decodeHeader(bytes, 0);
  const payload = bytes.subarray(HEADER_BYTES);
  if (payload.length > 0 && crc32Range(payload, 0, payload.length) !== header.payloadCrc) {
    throw new InvalidFrameError('payload checksum mismatch');
  }
  const name = nameOf(header, fromServer);
  return { name, frame: { name, header, payload }, ...read(header, payload, name) };
}

function read(header: Header, payload: Uint8Array, name: string): Pick<FrameReading<LanceFrame>, 'fields' | 'words'> {
  switch (header.kind) {
    case 'control':
      return fieldsOfCommand(commandOf(header), payload);
    case 'ingest':
      return fieldsOfIngest(header, payload);
    case 'ack':
      return fieldsOfAck(header);
    case 'keepalive':
    case 'backpressure':
    case 'unknown':
      return { fields: {}, words: () => name };
  }
}

function nameOf(header: Header, fromServer: boolean): string {
  switch (header.kind) {
    case 'control':
      return commandName(commandOf(header));
    case 'ingest':
      return 'Ingest';
    case 'ack':
      return 'Ack';
    case 'backpressure':
      return 'Backpressure';
    case 'keepalive':
      return fromServer ? 'KeepaliveEcho' : 'Keepalive';
    case 'unknown':
      return 'Unknown';
  }
}

/** What a wire must know of Lance. */
export const LANCE: FrameSystem<LanceFrame> = {
  name: 'lance',
  letters: LANCE_LETTERS,
  measure: measureLanceFrame,
  newConversation: () => ({
    sent: (bytes) => readLanceFrame(bytes, false),
    received: (bytes) => readLanceFrame(bytes, true),
  }),
};
