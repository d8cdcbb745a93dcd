import { ackFrame, controlFrame, keepaliveFrame } from '../../../src/codecs/lance/frames.js';
import { encodeHeader, Flag, HEADER_BYTES } from '../../../src/codecs/lance/header.js';
import { errorResponse, textResponse } from '../../../src/codecs/lance/replies.js';
import { bytesOf } from '../../codecs/lance/golden/vectors.js';
import { randomFrom } from '../random.js';

/** The server's end of a connection: of a socket, or in memory. */
export interface End {
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** What a server does where an answer is due. */
export interface Misbehaviour {
  act(end: End, answer: Uint8Array): void;
  /** The code of the error with which whoever asked is told; undefined: the answer is taken all the same. */
  readonly asker?: string;
  /** The same for who waits for an acknowledgement. */
  readonly sender?: string;
  /** Who asks for much has room for it. */
  readonly only?: 'sender';
}

const says =
  (bytes: Uint8Array): Misbehaviour['act'] =>
  (end) =>
    void end.write(bytes);

const refused = (bytes: Uint8Array): Misbehaviour => ({
  act: says(bytes),
  asker: 'LANCE_INVALID_FRAME',
  sender: 'LANCE_INVALID_FRAME',
});

/** An answer to nothing that is asked: the asker is out of step, the sender waits for acks and lets it pass. */
const stray = (bytes: Uint8Array): Misbehaviour => ({
  act: says(bytes),
  asker: 'LANCE_PROTOCOL',
  sender: 'LANCE_TIMEOUT',
});

const silent = (act: Misbehaviour['act']): Misbehaviour => ({ act, asker: 'LANCE_TIMEOUT', sender: 'LANCE_TIMEOUT' });

const gone = (act: Misbehaviour['act']): Misbehaviour => ({
  act,
  asker: 'LANCE_CONNECTION',
  sender: 'LANCE_CONNECTION',
});

function announces(flags: number, payloadLength: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  encodeHeader(header, 0, { flags, batchIdLow: 0x80, payloadLength });
  return header;
}

function garbage(length: number): Uint8Array {
  const random = randomFrom(5);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** By vector: frames that end the connection, frames that are only begun, and well-formed ones that are no answer. */
const VECTORS: Readonly<Record<string, Misbehaviour>> = {
  ...Object.fromEntries(
    [
      ...['bad_magic', 'bad_version_valid_crc', 'bad_header_crc', 'bad_header_crc_castagnoli', 'bad_payload_crc'],
      ...['zero_payload_crc', 'payload_too_large'],
    ].map((name) => [name, refused(bytesOf(name))]),
  ),
  truncated_header: silent(says(bytesOf('truncated_header'))),
  truncated_payload: silent(says(bytesOf('truncated_payload'))),
  // Whoever asks for less than 16 MiB, or for an ack, has no room for them.
  payload_at_limit: { ...refused(bytesOf('payload_at_limit')), asker: 'LANCE_TIMEOUT or LANCE_INVALID_FRAME' },
  reserved_nonzero_valid_crc: stray(bytesOf('reserved_nonzero_valid_crc')),
  unknown_command: stray(bytesOf('unknown_command')),
  fetch_short_payload: stray(bytesOf('fetch_short_payload')),
  // Of batch 1, which is the one that waits.
  client_sends_ack: { act: says(bytesOf('client_sends_ack')), asker: 'LANCE_PROTOCOL' },
  client_sends_backpressure: silent(says(bytesOf('client_sends_backpressure'))),
};

/** What else there is. */
const OTHERS: Readonly<Record<string, Misbehaviour>> = {
  silence: silent(() => {}),
  'the end of the connection': gone((end) => void end.end()),
  'a reset': gone((end) => void end.destroy()),
  'half of the answer, then the end': gone((end, answer) => {
    end.write(answer.subarray(0, answer.length >> 1));
    end.end();
  }),
  'half of the answer, then nothing': silent((end, answer) => void end.write(answer.subarray(0, answer.length >> 1))),
  'a header without its payload, then a reset': gone((end) => {
    end.write(announces(Flag.Control, 20));
    end.destroy();
  }),
  garbage: refused(garbage(5_000)),
  'another system': refused(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
  '2 GiB that it announces': refused(announces(Flag.Control, 0x7fff_ffff)),
  '4 GiB that it announces': refused(announces(Flag.Control, 0xffff_ffff)),
  'an ack that announces 1 GiB': refused(announces(Flag.Ack, 1 << 30)),
  'a command without a name': stray(controlFrame(0x77, Buffer.from('what'))),
  'an answer to another command': stray(textResponse(0x81, '{}')),
  'a keepalive': stray(keepaliveFrame()),
  'an ack of something else': stray(ackFrame(999_999)),
  'an answer of no bytes': stray(controlFrame(0x11)),
  'an error that nobody knows': {
    act: says(errorResponse('the disk is on fire')),
    asker: 'LANCE_SERVER',
    sender: 'LANCE_SERVER',
  },
  'an error of more than 64 KiB': { ...refused(errorResponse('x'.repeat((64 << 10) + 1))), only: 'sender' },
  'the answer one byte at a time': {
    act: (end, answer) => {
      for (const byte of answer) end.write(Uint8Array.of(byte));
    },
  },
  'the answer twice': {
    act: (end, answer) => {
      end.write(answer);
      end.write(new Uint8Array(answer));
    },
  },
  'the answer, and then the end': {
    act: (end, answer) => {
      end.write(answer);
      end.end();
    },
  },
  'the answer, and then garbage': {
    act: (end, answer) => {
      end.write(answer);
      end.write(garbage(100));
    },
  },
};

export const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = { ...VECTORS, ...OTHERS };
