import fc from 'fast-check';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { InvalidFrameError, LanceError, ProtocolError } from '../../../src/codecs/lance/errors.js';
import {
  batchIdOf,
  classify,
  commandOf,
  decodeHeader,
  encodeHeader,
  timestampNsOf,
} from '../../../src/codecs/lance/header.js';
import { SluiceError } from '../../../src/foundation/errors.js';
import { bytesOf, hex } from './golden/vectors.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('classify', () => {
  it.each([
    [0x40, 0, 'control'],
    [0xff, 0, 'control'],
    [0x60, 0, 'control'],
    [0x20, 0, 'keepalive'],
    [0x2c, 5, 'keepalive'],
    [0x08, 0, 'ack'],
    [0x0c, 9, 'ack'],
    [0x10, 0, 'backpressure'],
    [0x14, 1, 'backpressure'],
    [0x04, 0, 'ingest'],
    [0x05, 1, 'ingest'],
    [0x00, 1, 'ingest'],
    [0x80, 1, 'ingest'],
    [0x02, 1, 'ingest'],
    [0x01, 1, 'ingest'],
    [0x00, 0, 'unknown'],
    [0x83, 0, 'unknown'],
  ])('flags %i, payload of %i: %s', (flags, length, kind) => {
    expect(classify(flags, length)).toBe(kind);
  });
});

describe('header', () => {
  it('goes both ways for any fields, at any place, and touches nothing else', () => {
    const fields = fc.record({
      flags: fc.nat(255),
      batchIdLow: u32,
      batchIdHigh: u32,
      timestampLow: u32,
      timestampHigh: u32,
      recordCount: u32,
      payloadLength: u32,
      payloadCrc: u32,
      topicId: u32,
    });
    fc.assert(
      fc.property(fields, fc.nat(20), (given, at) => {
        const bytes = new Uint8Array(at + 44 + 3).fill(0xdb);
        encodeHeader(bytes, at, given);
        const header = decodeHeader(bytes, at);
        expect(header).toEqual({ ...given, kind: classify(given.flags, given.payloadLength) });
        expect(batchIdOf(header)).toBe(BigInt(given.batchIdHigh) * 2n ** 32n + BigInt(given.batchIdLow));
        expect(timestampNsOf(header)).toBe(BigInt(given.timestampHigh) * 2n ** 32n + BigInt(given.timestampLow));
        expect(commandOf(header)).toBe(given.batchIdLow % 256);
        expect(bytes.subarray(0, at).every((byte) => byte === 0xdb)).toBe(true);
        expect(hex(bytes.subarray(at + 44))).toBe('dbdbdb');
      }),
    );
  });

  it('has the checksum of its first eight bytes, for all flags', () => {
    for (let flags = 0; flags < 256; flags++) {
      const bytes = new Uint8Array(44);
      encodeHeader(bytes, 0, { flags });
      expect(new DataView(bytes.buffer).getUint32(8, true)).toBe(zlibCrc32(bytes.subarray(0, 8)));
    }
  });

  it('may have anything in its reserved bytes, if the checksum covers it', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(0xffff), (flags, reserved) => {
        const bytes = new Uint8Array(44);
        encodeHeader(bytes, 0, { flags });
        const view = new DataView(bytes.buffer);
        view.setUint16(6, reserved, true);
        view.setUint32(8, zlibCrc32(bytes.subarray(0, 8)), true);
        expect(decodeHeader(bytes, 0).flags).toBe(flags);
      }),
    );
  });

  it('is refused for any flipped bit of its first twelve bytes', () => {
    for (let bit = 0; bit < 96; bit++) {
      const bytes = bytesOf('header_ingest_fields');
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeHeader(bytes, 0)).toThrow(InvalidFrameError);
    }
  });

  it('is judged by magic, then version, then checksum', () => {
    const bytes = bytesOf('keepalive');
    bytes[8]! ^= 1;
    expect(() => decodeHeader(bytes, 0)).toThrow(/^header checksum 0x539c1e07: expected 0x539c1e06$/);
    bytes[4] = 9;
    expect(() => decodeHeader(bytes, 0)).toThrow(/^unsupported protocol version 9$/);
    bytes[0] = 0;
    expect(() => decodeHeader(bytes, 0)).toThrow(/^invalid magic bytes/);
  });

  it.each([0, 1, 11, 43])('is refused with %i bytes', (length) => {
    expect(() => decodeHeader(bytesOf('keepalive').subarray(0, length), 0)).toThrow(
      `a header has 44 bytes, got ${length}`,
    );
  });

  it('is refused where fewer than 44 bytes are left', () => {
    expect(() => decodeHeader(bytesOf('stream_ack_burst'), 100)).toThrow('got 32');
    expect(decodeHeader(bytesOf('stream_ack_burst'), 88).batchIdLow).toBe(3);
  });

  it('its error belongs to the family', () => {
    const error = new InvalidFrameError('x');
    for (const type of [ProtocolError, LanceError, SluiceError]) expect(error).toBeInstanceOf(type);
    expect(error.code).toBe('LANCE_INVALID_FRAME');
    expect(error.retryable).toBe(false);
  });
});
