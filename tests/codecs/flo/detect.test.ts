import { detectRequest, type Detected } from '../../../src/codecs/flo/detect.js';
import {
  BadRequestError,
  InvalidMagicError,
  TableMismatchError,
  UnsupportedVersionError,
} from '../../../src/codecs/flo/errors.js';
import { crc32 } from '../../../src/codecs/checksum/crc32.js';
import { readU32 } from '../../../src/codecs/little-endian.js';
import { v132 } from '../../../src/codecs/flo/v1-32.js';
import { v2Table } from '../../../src/codecs/flo/v2-table.js';
import { bytesOf, frames, fromHex, payloadOf, protocols } from './golden/vectors.js';

function refusal(detected: Detected | undefined): Extract<Detected, { answer: Uint8Array }> {
  if (detected === undefined || !('answer' in detected)) throw new Error('not refused');
  return detected;
}

describe('the generation of a request', () => {
  it.each(protocols.flatMap((protocol) => frames(protocol, 'request').map(({ name, hex }) => [name, protocol, hex])))(
    '%s',
    (_, protocol, hex) => {
      const bytes = Buffer.concat([new Uint8Array(5), fromHex(hex)]);
      expect(detectRequest(bytes, 5, bytes.length)).toEqual({ protocol });
    },
  );

  it('is known from 24 bytes in v1-32 and from 32 in v2-table', () => {
    const until = (name: string): number => {
      const bytes = bytesOf(name);
      return Array.from({ length: 40 }, (_, end) => end).find((end) => detectRequest(bytes, 0, end) !== undefined)!;
    };
    expect([until('v1-32/kv_get'), until('v2-table/kv_get'), until('v1-24/kv_get')]).toEqual([24, 32, 24]);
  });
});

describe('refused', () => {
  it.each(frames('v1-24', 'request').map(({ name, hex }) => [name, hex]))('%s, in a head of 24 bytes', (_, hex) => {
    const { answer, error } = refusal(detectRequest(fromHex(hex), 0, 24));
    expect(error).toBeInstanceOf(UnsupportedVersionError);
    const head = Buffer.from(answer.subarray(0, 24));
    expect([head.readUInt32LE(0), head.readUInt32LE(4)]).toEqual([0x004f4c46, answer.length - 24]);
    expect([head.readBigUInt64LE(8), ...head.subarray(20)]).toEqual([0n, 1, 3, 0, 0]);
    const covered = Buffer.concat([head.subarray(0, 16), head.subarray(20), answer.subarray(24)]);
    expect(readU32(answer, 16)).toBe(crc32(covered));
    expect(Buffer.from(answer.subarray(24)).toString()).toMatch(/v1-24 is not spoken here/);
  });

  it.each(['v2/kv_get', 'v2/kv_put'])('%s, in a head that tells its own table', (name) => {
    const { answer, error } = refusal(detectRequest(bytesOf(name), 0, 32));
    expect(error).toBeInstanceOf(TableMismatchError);
    expect(answer.subarray(24, 32)).toEqual(bytesOf('v2/res/kv_get').subarray(24, 32));
    expect([answer[20], answer[21], readU32(answer, 8)]).toEqual([2, 3, 0]);
    expect(v132().isIntact(answer, 0, payloadOf(answer))).toBe(true);
  });

  it('an unknown table, in a head that tells the table that is spoken, with the reason', () => {
    const bytes = bytesOf('v2-table/kv_get');
    bytes[31]! ^= 1;
    const { answer, error } = refusal(detectRequest(bytes, 0, 32));
    expect(error).toBeInstanceOf(TableMismatchError);
    const codec = v2Table();
    expect(codec.decodeAnswerHead(answer, 0)).toMatchObject({ id: { low: 0, high: 0 }, status: 3 });
    expect(codec.isIntact(answer, 0, payloadOf(answer))).toBe(true);
    expect(codec.refused(3, payloadOf(answer), 'kv.get')).toMatchObject({ reason: 'table_mismatch', ran: 'no' });
  });

  it('an unknown version', () => {
    const bytes = bytesOf('v1-32/kv_get');
    bytes[22] = 3;
    expect(refusal(detectRequest(bytes, 0, 24)).error).toBeInstanceOf(UnsupportedVersionError);
  });

  it('what is no Flo at all, from four bytes on, as a genuine server does', () => {
    const redis = new Uint8Array(Buffer.from('*1\r\n$4\r\nPING\r\n'));
    expect(detectRequest(redis, 0, 3)).toBeUndefined();
    const { answer, error } = refusal(detectRequest(redis, 0, 4));
    expect(error).toBeInstanceOf(InvalidMagicError);
    expect(answer).toEqual(bytesOf('v1-32/res/refusal_id_zero'));
    expect(v132().refused(3, payloadOf(answer), 'ping')).toBeInstanceOf(BadRequestError);
  });
});
