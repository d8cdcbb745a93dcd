import { Command } from '../../../src/codecs/lance/commands.js';
import { InvalidFrameError, InvalidRecordError } from '../../../src/codecs/lance/errors.js';
import { ErrorText } from '../../../src/codecs/lance/error-texts.js';
import { commandOf, MAX_PAYLOAD_BYTES } from '../../../src/codecs/lance/header.js';
import { readFetch } from '../../../src/codecs/lance/request-payloads.js';
import { decodeRecords } from '../../../src/codecs/lance/tlv.js';
import { collector, feed, readFrame, readFrames } from './reading.js';
import { bytesOf, named, vector, vectors } from './golden/vectors.js';

/** Frames that end the connection, and what the error says. */
const REFUSED: readonly (readonly [name: string, message: RegExp])[] = [
  ['bad_magic', /magic bytes 0x575a5958: expected LANC/],
  ['bad_version_valid_crc', /protocol version 2/],
  ['bad_header_crc', /header checksum 0x00000000: expected 0x539c1e06/],
  ['bad_header_crc_castagnoli', /header checksum 0xa3a28b0b: expected 0x539c1e06/],
  ['bad_payload_crc', /payload checksum/],
  ['zero_payload_crc', /payload checksum/],
  ['payload_too_large', /payload of 16777217 bytes: at most 16777216 allowed/],
];

/** Frames that are only begun: the reader waits for the rest. */
const AWAITED = ['payload_at_limit', 'truncated_header', 'truncated_payload'];

/** Well-formed frames; a server answers or ignores them. */
const TAKEN: readonly (readonly [name: string, kind: string])[] = [
  ['reserved_nonzero_valid_crc', 'keepalive'],
  ['unknown_command', 'control'],
  ['fetch_short_payload', 'control'],
  ['client_sends_ack', 'ack'],
  ['client_sends_backpressure', 'backpressure'],
];

describe('malformed frames', () => {
  it.each(REFUSED)('%s is refused', (name, message) => {
    expect(() => readFrames(bytesOf(name))).toThrow(InvalidFrameError);
    expect(() => readFrames(bytesOf(name))).toThrow(message);
    expect(() => readFrames(bytesOf(name), 1)).toThrow(message);
    expect(vector(name).expect?.['server']).toMatch(/^closes the connection/);
  });

  it.each(AWAITED)('%s is awaited', (name) => {
    expect(readFrames(bytesOf(name))).toEqual([]);
    expect(vector(name).expect?.['server']).toMatch(/^waits for /);
  });

  it.each(TAKEN)('%s is taken as %s', (name, kind) => {
    expect(readFrame(bytesOf(name)).header.kind).toBe(kind);
  });

  it('nothing comes after a bad frame, even if good ones are here', () => {
    const { reader, frames } = collector();
    const bytes = Buffer.concat(['keepalive', 'bad_payload_crc', 'keepalive'].map(bytesOf));
    expect(() => feed(reader, bytes)).toThrow(InvalidFrameError);
    expect(frames.map(({ header }) => header.kind)).toEqual(['keepalive']);
    feed(reader, bytesOf('keepalive'));
    expect(frames).toHaveLength(1);
  });

  it('a payload of exactly 16 MiB is the largest', () => {
    expect(MAX_PAYLOAD_BYTES).toBe(16_777_216);
  });

  it('commands without a name and short requests are told by what they hold', () => {
    expect(commandOf(readFrame(bytesOf('unknown_command')).header)).toBe(0x99);
    const { header, payload } = readFrame(bytesOf('fetch_short_payload'));
    expect(commandOf(header)).toBe(Command.Fetch);
    expect(readFetch(payload, 0, payload.length)).toBe(ErrorText.fetchPayloadTooSmall);
    expect(vector('fetch_short_payload').expect?.['server']).toContain(ErrorText.fetchPayloadTooSmall);
    expect(vector('unknown_command').expect?.['server']).toContain(ErrorText.invalidCommand);
  });
});

describe('malformed records', () => {
  it.each(['tlv_length_beyond_buffer', 'tlv_short_header'])('%s is a record that is cut', (name) => {
    expect(decodeRecords(bytesOf(name))).toEqual({ records: [], end: 0 });
  });

  it('tlv_oversize_length is refused, though it is cut as well', () => {
    expect(() => decodeRecords(bytesOf('tlv_oversize_length'))).toThrow(InvalidRecordError);
    expect(() => decodeRecords(bytesOf('tlv_oversize_length'))).toThrow('announces 16777217 bytes: at most 16777216');
  });

  it('tlv_extended is, for a client, a Null record that announces 0x00031234 bytes', () => {
    expect(decodeRecords(bytesOf('tlv_extended'))).toEqual({ records: [], end: 0 });
    expect(() => decodeRecords(bytesOf('tlv_extended'), 0x31233)).toThrow('announces 201268 bytes');
  });
});

it('no malformed vector is forgotten', () => {
  const checked = [...REFUSED.map(([name]) => name), ...AWAITED, ...TAKEN.map(([name]) => name)];
  const records = ['tlv_length_beyond_buffer', 'tlv_short_header', 'tlv_oversize_length'];
  const all = vectors.filter(({ kind }) => kind === 'malformed').map(({ name }) => name);
  expect([...checked, ...records].toSorted()).toEqual(all.toSorted());
  expect(named('tlv_extended')).toHaveLength(1);
});
