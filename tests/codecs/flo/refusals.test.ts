import fc from 'fast-check';
import {
  BadRequestError,
  ConflictError,
  type FloError,
  IncompleteResponseError,
  InternalServerError,
  InvalidChecksumError,
  InvalidMagicError,
  NotFoundError,
  OverloadedError,
  ProtocolError,
  ProtocolMismatchError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
  UnavailableError,
} from '../../../src/codecs/flo/errors.js';
import { ranCode, ranOf, reasonCode, reasonOf, type Ran, type Reason } from '../../../src/codecs/flo/reasons.js';
import { MAX_REFUSAL_TEXT_BYTES, refusalOf } from '../../../src/codecs/flo/refusals.js';
import { v132 } from '../../../src/codecs/flo/v1-32.js';
import { v2Table } from '../../../src/codecs/flo/v2-table.js';
import { frames, fromHex, hex, idOf, payloadOf } from './golden/vectors.js';

const old = v132();
const table = v2Table();

/** By status: the class, whether the same call may succeed later, and what is said when the server says nothing. */
const STATUSES: readonly (readonly [
  status: number,
  type: abstract new (...args: never[]) => FloError,
  retryable: boolean,
  text: string,
])[] = [
  [1, ServerError, false, 'generic error'],
  [2, NotFoundError, false, 'not found'],
  [3, BadRequestError, false, 'bad request'],
  [4, ServerError, false, 'cross-core transactions are not supported'],
  [5, ServerError, false, 'no active transaction'],
  [6, ServerError, false, 'consumer group is locked'],
  [7, UnauthorizedError, false, 'unauthorized'],
  [8, ConflictError, false, 'conflict'],
  [9, InternalServerError, true, 'internal server error'],
  [10, OverloadedError, true, 'server overloaded'],
  [11, RateLimitedError, true, 'rate limit exceeded'],
  [12, UnavailableError, true, 'unavailable'],
  [200, ServerError, false, 'unknown status 200'],
];

describe('a refusal by its status', () => {
  it.each(STATUSES)('%d', (status, type, retryable, text) => {
    const error = old.refused(status, new Uint8Array(0), 'kv.put');
    expect(error.constructor).toBe(type);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ message: `kv.put: ${text}`, status, retryable, reason: undefined, ran: undefined });
    expect(old.refused(status, new Uint8Array(Buffer.from('why')), 'kv.put').message).toBe('kv.put: why');
  });

  it('tells codes that nobody else has', () => {
    const codes = STATUSES.map(([status]) => old.refused(status, new Uint8Array(0), 'x').code);
    expect(new Set(codes).size).toBe(9);
    expect(codes.every((code) => code.startsWith('FLO_'))).toBe(true);
  });

  it('9 with `not implemented` stays so', () => {
    const error = old.refused(9, new Uint8Array(Buffer.from('not implemented')), 'queue.touch');
    expect(error).toMatchObject({ retryable: false, notImplemented: true });
    expect(old.refused(9, new Uint8Array(0), 'queue.touch')).toMatchObject({ retryable: true, notImplemented: false });
    const told = table.refused(9, fromHex('010000'), 'queue.touch');
    expect(told).toMatchObject({ retryable: false, notImplemented: true, reason: 'unknown_op' });
  });

  it('that took effect all the same is not to be sent again', () => {
    const body = (ran: Ran): Uint8Array => table.refusalBody({ status: 12, reason: 'leader_unknown', ran });
    expect(table.refused(12, body('no'), 'x').retryable).toBe(true);
    expect(table.refused(12, body('unknown'), 'x').retryable).toBe(true);
    expect(table.refused(12, body('yes'), 'x').retryable).toBe(false);
  });
});

describe('refusals of the vectors', () => {
  const refusals = frames('v1-32', 'response').filter(({ input }) => input['status'] !== 0);

  it.each(refusals.map(({ name, input, hex: bytes }) => [name, input, bytes] as const))('%s', (_, input, bytes) => {
    const status = Number(input['status']);
    const text = Buffer.from(payloadOf(fromHex(bytes))).toString();
    const error = old.refused(status, payloadOf(fromHex(bytes)), 'call');
    expect(error).toMatchObject({ status, message: text === '' ? expect.any(String) : `call: ${text}` });
    expect(hex(old.answerFrame(idOf(input['requestId']), status, old.refusalBody({ status, text })))).toBe(bytes);
  });

  const told = frames('v2-table', 'response').filter(({ input }) => input['status'] !== 0);
  const understood = told.filter(({ name }) => !/refusal_(too_short|unknown_reason)$/.test(name));

  it.each(understood.map((one) => [one.name, one] as const))('%s', (_, { input, hex: bytes, expect: said }) => {
    const status = Number(input['status']);
    const body = payloadOf(fromHex(bytes));
    const error = table.refused(status, body, 'call');
    expect(error).toBeInstanceOf(ServerError);
    const { reason, ran } = error as ServerError;
    const clientError = said?.clientError ?? {};
    // Without one, the official client has taken the text for a body (flo.md 9, trap 53).
    if (clientError['reason'] !== undefined) {
      expect({ reason, ran }).toEqual({ reason: clientError['reason'], ran: clientError['ran'] });
      expect(error.name).toBe(status === 200 ? 'ServerError' : clientError['type']);
    }
    const text = Buffer.from(body.subarray(3)).toString();
    const again = table.refusalBody({ status, text, reason: reason!, ran: ran! });
    expect(hex(table.answerFrame(idOf(input['requestId']), status, again))).toBe(bytes);
  });

  it('all carry a reason, and are as many as they were', () => {
    expect([refusals.length, understood.length, told.length]).toEqual([6, 21, 23]);
  });

  it.each(told.filter((one) => !understood.includes(one)).map((one) => [one.name, one] as const))('%s', (_, one) => {
    const error = table.refused(Number(one.input['status']), payloadOf(fromHex(one.hex)), 'call');
    expect(error.constructor).toBe(IncompleteResponseError);
    expect(one.expect?.clientError?.['type']).toBe('IncompleteResponseError');
  });
});

it('a refusal whose ran is unknown can not be read', () => {
  expect(table.refused(12, fromHex('0c0002'), 'x')).toMatchObject({ status: 12, ran: 'unknown' });
  expect(table.refused(12, fromHex('0c0003'), 'x')).toBeInstanceOf(IncompleteResponseError);
});

describe('a refusal that is written', () => {
  it('has a reason and ran in v2-table, whatever the server says', () => {
    for (let status = 1; status < 256; status++) {
      const body = table.refusalBody({ status });
      expect(body).toHaveLength(3);
      expect(table.refused(status, body, 'x')).toMatchObject({ status });
    }
    expect(table.refusalBody({ status: 2 })).toEqual(fromHex('0d0000'));
    expect(table.refused(12, table.refusalBody({ status: 12 }), 'x')).toMatchObject({ ran: 'unknown' });
    expect(table.refused(10, table.refusalBody({ status: 10 }), 'x')).toMatchObject({ ran: 'no' });
  });

  it('is cut between characters when it is longer than servers write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 700, size: 'max' }), (text) => {
        const body = old.refusalBody({ status: 3, text });
        expect(body.length).toBeLessThanOrEqual(MAX_REFUSAL_TEXT_BYTES);
        const back = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
        const whole = back.replace(/ …\[truncated\]$/, '');
        expect(Buffer.from(text).toString().startsWith(whole)).toBe(true);
        if (Buffer.from(text).length <= MAX_REFUSAL_TEXT_BYTES) expect(back).toBe(text);
        else expect(body.length).toBeGreaterThan(MAX_REFUSAL_TEXT_BYTES - 4);
      }),
    );
  });

  it('can be that of an error', () => {
    const error = new ConflictError('cas mismatch', { reason: 'cas_mismatch', ran: 'no' });
    expect(refusalOf(error)).toEqual({ status: 8, text: 'cas mismatch', reason: 'cas_mismatch', ran: 'no' });
    expect(refusalOf(new NotFoundError('gone'))).toEqual({ status: 2, text: 'gone' });
  });
});

it('reasons have the numbers 1 to 28', () => {
  const reasons = Array.from({ length: 30 }, (_, code) => reasonOf(code));
  expect([reasons[0], reasons[29]]).toEqual([undefined, undefined]);
  const known = reasons.filter((reason): reason is Reason => reason !== undefined);
  expect(known.map(reasonCode)).toEqual(Array.from({ length: 28 }, (_, at) => at + 1));
  expect([ranOf(0), ranOf(1), ranOf(2), ranOf(3)]).toEqual(['no', 'yes', 'unknown', undefined]);
  expect((['no', 'yes', 'unknown'] as const).map(ranCode)).toEqual([0, 1, 2]);
});

it('a first answer that can not be understood names the option protocol', () => {
  const cause = new InvalidChecksumError('the checksum of the answer to kv.get is wrong');
  const error = new ProtocolMismatchError('v1-32', 'flo:9000', cause);
  expect(error).toBeInstanceOf(ProtocolError);
  expect(error.message).toBe(`protocol: flo:9000 does not seem to speak "v1-32": ${cause.message}`);
  expect(error).toMatchObject({ cause, retryable: false, code: 'FLO_PROTOCOL_MISMATCH' });
  expect(error.context).toMatchObject({ protocol: 'v1-32', address: 'flo:9000' });
});

it('one that is none of Flo makes it doubtful that it is a Flo server', () => {
  const cause = new InvalidMagicError('an answer begins with 0x50545448: 0x004f4c46 expected');
  const { message } = new ProtocolMismatchError('v1-32', 'web:80', cause);
  expect(message).toBe(`protocol: web:80 does not seem to speak "v1-32": ${cause.message}; is web:80 a Flo server?`);
});
