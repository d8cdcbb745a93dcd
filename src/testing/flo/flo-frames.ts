import { codecFor } from '../../codecs/flo/codec-for.js';
import type { FloCodec, FloCodecOptions, FloProtocol, RequestId } from '../../codecs/flo/codec.js';
import { detectRequest } from '../../codecs/flo/detect.js';
import { InvalidChecksumError, InvalidMagicError } from '../../codecs/flo/errors.js';
import { hasMagic, HEADER_BYTES } from '../../codecs/flo/header.js';
import { readU32 } from '../../codecs/little-endian.js';
import type { MeasureFrame } from '../wires/frame-cutter.js';
import type { ConversationReader, FrameReading, FrameSystem } from '../wires/framed-wire.js';
import { inWords } from '../wires/in-words.js';
import { FLO_LETTERS } from './letters.js';
import { operationNames, type OperationNames } from './operation-names.js';

/** A Flo frame: a request, or an answer. */
export interface FloFrame {
  /** Such as `Dequeue`, or `Messages`. */
  readonly name: string;
  readonly protocol: FloProtocol;
  readonly id: number;
  /** Of a request. */
  readonly opcode?: number;
  /** Of an answer; 0 is success. */
  readonly status?: number;
  readonly payload: Uint8Array;
}

const MAGIC_BYTES = 4;
const PAYLOAD_LENGTH_AT = 4;

/** How many bytes the Flo frame has that begins at `start`; undefined if more are needed to tell. */
export const measureFloFrame: MeasureFrame = (bytes, start, end) => {
  if (end - start >= MAGIC_BYTES && !hasMagic(bytes, start)) throw new InvalidMagicError('it does not begin with FLO');
  return end - start < HEADER_BYTES ? undefined : HEADER_BYTES + readU32(bytes, start + PAYLOAD_LENGTH_AT);
};

/** How the clients of a wire speak: in seconds, to early servers. */
export function wireOptions({ ttlUnit }: { readonly ttlUnit?: 's' | 'ms' }): FloCodecOptions {
  return ttlUnit === undefined ? {} : { ttlUnit };
}

/** What a wire must know of Flo; of the options nothing is on the wire. */
export function floSystem(options: FloCodecOptions): FrameSystem<FloFrame> {
  return {
    name: 'flo',
    letters: FLO_LETTERS,
    measure: measureFloFrame,
    newConversation: () => new FloConversation(options),
  };
}

/** Reads one connection: answers name no operation, so requests are remembered until they are answered. */
class FloConversation implements ConversationReader<FloFrame> {
  private codec: FloCodec;
  private names: ReadonlyMap<number, OperationNames>;
  private readonly asked = new Map<number, OperationNames>();

  constructor(private readonly options: FloCodecOptions) {
    this.codec = codecFor('v1-32', options);
    this.names = operationNames(this.codec);
  }

  sent(bytes: Uint8Array): FrameReading<FloFrame> {
    this.detect(bytes);
    const { id, opcode } = this.codec.decodeRequestHead(bytes, 0);
    const payload = this.intact(bytes);
    const names = this.names.get(opcode);
    if (names !== undefined) this.asked.set(key(id), names);
    const { name, fields } = names?.request(payload) ?? { name: `operation ${opcode}`, fields: {} };
    return {
      name,
      fields: { ...fields, operation: names?.operation, id: key(id) },
      words: () => inWords(name, fields, 'namespace'),
      frame: { name, protocol: this.codec.protocol, id: key(id), opcode, payload },
    };
  }

  received(bytes: Uint8Array): FrameReading<FloFrame> {
    const { id, status } = this.codec.decodeAnswerHead(bytes, 0);
    const payload = this.intact(bytes);
    const names = this.asked.get(key(id));
    this.asked.delete(key(id));
    const { name, fields } = this.answer(names, status, payload);
    return {
      name,
      fields: { ...fields, status, operation: names?.operation, id: key(id) },
      words: () => inWords(name, fields, 'namespace'),
      frame: { name, protocol: this.codec.protocol, id: key(id), status, payload },
    };
  }

  private answer(
    names: OperationNames | undefined,
    status: number,
    body: Uint8Array,
  ): { readonly name: string; readonly fields: Readonly<Record<string, unknown>> } {
    const operation = names?.operation ?? 'nothing';
    if (status !== 0) {
      const { code, message } = this.codec.refused(status, body, operation);
      return { name: 'Refused', fields: { code, message } };
    }
    return names === undefined ? { name: 'Unasked', fields: {} } : names.answer(body);
  }

  private intact(bytes: Uint8Array): Uint8Array {
    const payload = bytes.subarray(HEADER_BYTES);
    if (!this.codec.isIntact(bytes, 0, payload)) throw new InvalidChecksumError('its checksum is wrong');
    return payload;
  }

  /** The generation of the wire is the client's choice. */
  private detect(bytes: Uint8Array): void {
    const detected = detectRequest(bytes, 0, bytes.length);
    if (detected === undefined || !('protocol' in detected) || detected.protocol === this.codec.protocol) return;
    this.codec = codecFor(detected.protocol, this.options);
    this.names = operationNames(this.codec);
  }
}

/** Clients count their requests from 1: they don't get beyond 2^53. */
function key({ low, high }: RequestId): number {
  return high * 2 ** 32 + low;
}
