import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import {
  BadRequestError,
  IncompleteResponseError,
  InvalidMagicError,
  InvalidRequestError,
  PayloadTooLargeError,
  type ProtocolError,
  TableMismatchError,
  UnsupportedVersionError,
} from '../../../src/codecs/flo/errors.js';
import { encodePayload } from '../../../src/codecs/flo/request-payload.js';
import { v132 } from '../../../src/codecs/flo/v1-32.js';
import { v2Table } from '../../../src/codecs/flo/v2-table.js';
import { readFrames } from './reading.js';
import { bytesOf, fromHex, payloadOf, vector, vectors } from './golden/vectors.js';

const old = v132();
const table = v2Table();

/** Answers that end a connection. */
const FATAL: readonly (readonly [name: string, type: typeof ProtocolError, message: RegExp])[] = [
  ['malformed/v1-32/bad_magic', InvalidMagicError, /0x014f4c46: 0x004f4c46 expected/],
  ['malformed/v1-32/bad_version', UnsupportedVersionError, /an answer of version 3: 1 expected/],
  ['malformed/v2-table/bad_magic', InvalidMagicError, /0x014f4c46/],
  ['malformed/v2-table/version_1', UnsupportedVersionError, /version 1 \(protocol v1-32 or v1-24\): 2 expected/],
  ['malformed/v2-table/other_table', TableMismatchError, /0x4e9243eeab771a02: 0x2fba7dd9ae941830 expected/],
  ['malformed/v2/table_mismatch', TableMismatchError, /0x4e9243eeab771a03/],
  ['malformed/v2/v1_reply', UnsupportedVersionError, /version 1/],
];

/** Frames whose length can be used, and nothing else. */
const BROKEN = [
  'malformed/v1-32/bad_crc',
  'malformed/v1-32/crc_without_reserved',
  'malformed/v1-32/req_bad_crc',
  'malformed/v2-table/bad_crc',
];

/** Generations that are not built; tests/codecs/flo/detect.test.ts shows how they are refused. */
const NOT_BUILT = /^malformed\/(v1-24|body)\//;

describe('malformed answers', () => {
  it.each(FATAL)('%s', (name, type, message) => {
    const codec = name.includes('v1-32') ? old : table;
    expect(() => codec.decodeAnswerHead(bytesOf(name), 0)).toThrow(type);
    expect(() => codec.decodeAnswerHead(bytesOf(name), 0)).toThrow(message);
    expect(vector(name).expectError?.['fatal']).toBe(true);
  });

  it('of a v2-table server are recognised as such in v1-32', () => {
    expect(() => old.decodeAnswerHead(bytesOf('v2-table/res/kv_get'), 0)).toThrow(
      'an answer of version 2 (protocol v2-table): 1 expected',
    );
  });

  it('that announce more than a value and what stands around it are refused', () => {
    const largest = codecFor('v1-32').answerFrame({ low: 1, high: 0 }, 0, new Uint8Array(0));
    new DataView(largest.buffer).setUint32(4, 16 * 1024 * 1024 + 64 * 1024, true);
    expect(old.decodeAnswerHead(largest, 0).payloadBytes).toBe(16_842_752);
    new DataView(largest.buffer).setUint32(4, 16 * 1024 * 1024 + 64 * 1024 + 1, true);
    expect(() => old.decodeAnswerHead(largest, 0)).toThrow(PayloadTooLargeError);
  });

  it.each(BROKEN)('%s has a wrong checksum', (name) => {
    const codec = name.includes('v2-table') ? table : old;
    expect(codec.isIntact(bytesOf(name), 0, payloadOf(bytesOf(name)))).toBe(false);
  });

  it('the checksum covers every byte but its own four', () => {
    const frame = bytesOf('v2-table/res/kv_get');
    for (let at = 0; at < frame.length; at++) {
      const bad = Uint8Array.from(frame);
      bad[at]! ^= 1;
      expect([at, table.isIntact(bad, 0, payloadOf(bad))]).toEqual([at, false]);
    }
  });

  it('malformed/v1-32/short_header is awaited', () => {
    expect(readFrames(bytesOf('malformed/v1-32/short_header'))).toEqual([]);
    expect(() => old.decodeAnswerHead(bytesOf('malformed/v1-32/short_header'), 0)).toThrow('has 32 bytes, got 31');
  });

  it('malformed/v2-table/other_id is sound: whose it is, the id tells', () => {
    expect(table.decodeAnswerHead(bytesOf('malformed/v2-table/other_id'), 0).id).toEqual({ low: 7, high: 0 });
  });

  it('v2-table/res/queue_dequeue_no_trailer can not be read in v2-table, and can in v1-32', () => {
    const body = payloadOf(bytesOf('v2-table/res/queue_dequeue_no_trailer'));
    expect(() => table.queue.dequeue.decodeAnswer(body)).toThrow(IncompleteResponseError);
    expect(old.queue.dequeue.decodeAnswer(body)).toEqual([
      { seq: 100n, payload: new Uint8Array(Buffer.from('task1')) },
    ]);
  });
});

it.each([old, table])('a count that the bytes can not hold is refused before there is memory for it', (codec) => {
  for (const { decodeAnswer } of [codec.queue.dequeue, codec.queue.dlqList]) {
    expect(() => decodeAnswer(fromHex(`ffffff01${'00'.repeat(26)}`))).toThrow('33554431 messages in 30 bytes');
  }
});

describe('malformed requests', () => {
  it('malformed/v1-32/req_reserved_nonzero', () => {
    const bytes = bytesOf('malformed/v1-32/req_reserved_nonzero');
    expect(old.isIntact(bytes, 0, payloadOf(bytes))).toBe(true);
    expect(() => old.decodeRequestHead(bytes, 0)).toThrow(InvalidRequestError);
  });

  it('malformed/v1-32/req_oversize', () => {
    const bytes = Uint8Array.from(bytesOf('malformed/v1-32/req_oversize'));
    expect(() => old.decodeRequestHead(bytes, 0)).toThrow('announces 104857601 bytes: at most 104857600 allowed');
    new DataView(bytes.buffer).setUint32(4, 100 * 1024 * 1024, true);
    expect(old.decodeRequestHead(bytes, 0).payloadBytes).toBe(104_857_600);
  });

  it('malformed/v1-32/req_key_overrun', () => {
    const bytes = bytesOf('malformed/v1-32/req_key_overrun');
    expect(() => old.kv.get.decodeRequest(payloadOf(bytes))).toThrow(InvalidRequestError);
    expect(() => table.kv.get.decodeRequest(payloadOf(bytes))).toThrow(InvalidRequestError);
  });

  it('of another version or table are refused by each codec', () => {
    expect(() => old.decodeRequestHead(bytesOf('v2-table/kv_get'), 0)).toThrow(UnsupportedVersionError);
    expect(() => table.decodeRequestHead(bytesOf('v1-32/kv_get'), 0)).toThrow(UnsupportedVersionError);
    expect(() => table.decodeRequestHead(bytesOf('v2/kv_get'), 0)).toThrow(TableMismatchError);
  });

  it('edge/v1-32/req_options_block_absent is a plain get', () => {
    const { request } = old.kv.get.decodeRequest(payloadOf(bytesOf('edge/v1-32/req_options_block_absent')));
    expect(request).toEqual({ key: new Uint8Array(Buffer.from('k')) });
  });

  it('edge/v1-32/req_unknown_option is skipped', () => {
    const { request } = old.kv.get.decodeRequest(payloadOf(bytesOf('edge/v1-32/req_unknown_option')));
    expect(request).toEqual({ key: new Uint8Array(Buffer.from('k')), waitMs: 1, waitFor: 'exists' });
  });

  it('edge/v1-32/req_option_wrong_width is refused', () => {
    const payload = payloadOf(bytesOf('edge/v1-32/req_option_wrong_width'));
    expect(() => old.kv.put.decodeRequest(payload)).toThrow(BadRequestError);
    expect(() => old.kv.put.decodeRequest(payload)).toThrow('ttl: 8 bytes expected');
    expect(vector('edge/v1-32/req_option_wrong_width').expect?.['status']).toBe(3);
  });
});

describe('requests that can be read and make no sense are refused with status 3', () => {
  const key = new Uint8Array(Buffer.from('k'));
  const space = new Uint8Array(Buffer.from('n'));
  const none = new Uint8Array(0);
  const options = (hex: string): Uint8Array => encodePayload(space, key, none, fromHex(hex));
  const body = (hex: string): Uint8Array => Buffer.concat([fromHex('01006e01006b'), fromHex(hex)]);

  it.each([
    ['a CAS version of 4 bytes', old.kv.put, options('020401000000'), 'cas_version: 8 bytes expected'],
    ['a CAS version of 4 bytes in a delete', old.kv.delete, options('020401000000'), 'cas_version: 8 bytes expected'],
    ['a flag with data', old.kv.put, options('030100'), 'if_not_exists: 0 bytes expected'],
    ['another flag with data', old.kv.put, options('040100'), 'if_exists: 0 bytes expected'],
    ['a dedup key that is no text', old.queue.enqueue, options('1301ff'), 'dedup_key: not UTF-8'],
    ['a namespace that is no text', old.kv.get, encodePayload(fromHex('ff'), key), 'namespace: not UTF-8'],
    ['no sequence number', old.queue.ack, encodePayload(space, key, fromHex('00000000')), '0 sequence numbers'],
    ['too many', old.queue.ack, encodePayload(space, key, fromHex('01040000')), '1025 sequence numbers'],
    ['fewer than announced', old.queue.nack, encodePayload(space, key, fromHex('0100000001')), 'seq: 8 bytes wanted'],
    [
      'more than announced',
      old.queue.touch,
      encodePayload(space, key, fromHex(`01000000${'00'.repeat(9)}`)),
      '1 bytes too many',
    ],
    ['a body that is too long', table.kv.delete, body('00000000'), '1 bytes too many'],
    ['a body that is too short', table.kv.delete, body('0000'), 'txn: 1 bytes wanted, 0 left'],
    ['a presence byte of 2', table.kv.delete, body('020000'), 'cas_version: 2 is neither 0 nor 1'],
    ['an unknown condition', table.kv.put, body('00000000000103000000'), 'condition: 3 is unknown'],
    ['waiting for something unknown', table.kv.get, body('0001020000'), 'wait_for: 2 is unknown'],
  ] as const)('%s', (_, operation, payload, message) => {
    const read = (): unknown => operation.decodeRequest(payload);
    expect(read).toThrow(BadRequestError);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ status: 3, ran: 'no' }));
  });

  it('and what is out of range is handed on, for the server to judge', () => {
    expect(old.kv.get.decodeRequest(options('170400000000')).request).toMatchObject({ waitMs: 0, waitFor: 'exists' });
    expect(old.kv.get.decodeRequest(options('1804ffffffff')).request).toMatchObject({ waitMs: 0xffff_ffff });
    expect(old.queue.dequeue.decodeRequest(options('150400000000170400000000')).request).toMatchObject({ count: 0 });
    expect(old.queue.dequeue.decodeRequest(options('')).request).toEqual({ queue: key, count: 1 });
    expect(old.queue.dlqList.decodeRequest(options('050400000000')).request).toEqual({ queue: key, limit: 0 });
    expect(table.kv.get.decodeRequest(body('01ffffffffffffffff01010000')).request).toMatchObject({
      waitMs: Number.MAX_SAFE_INTEGER,
      waitFor: 'change',
    });
  });

  it('and a message goes to the dead letters only if that is said', () => {
    const seqs = fromHex('010000000700000000000000');
    const toDlq = (hex: string): unknown =>
      old.queue.nack.decodeRequest(encodePayload(space, key, seqs, fromHex(hex))).request.toDlq;
    expect([toDlq('160101'), toDlq('160100'), toDlq('')]).toEqual([true, undefined, undefined]);
  });
});

it('no malformed vector is forgotten', () => {
  const checked = [
    ...FATAL.map(([name]) => name),
    ...BROKEN,
    'malformed/v1-32/short_header',
    'malformed/v2-table/other_id',
    'malformed/v1-32/req_reserved_nonzero',
    'malformed/v1-32/req_oversize',
    'malformed/v1-32/req_key_overrun',
  ];
  const all = vectors.map(({ name }) => name).filter((name) => name.startsWith('malformed/') && !NOT_BUILT.test(name));
  expect(checked.toSorted()).toEqual(all.toSorted());
});
