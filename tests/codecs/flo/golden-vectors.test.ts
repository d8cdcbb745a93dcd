import { codecFor } from '../../../src/codecs/flo/codec-for.js';
import type { FloCodec } from '../../../src/codecs/flo/codec.js';
import { v132 } from '../../../src/codecs/flo/v1-32.js';
import { answerOf } from './golden/answers.js';
import { operation } from './golden/built.js';
import { requestOf } from './golden/requests.js';
import { frames, fromHex, hex, idOf, payloadOf, protocols, vectors, type Vector } from './golden/vectors.js';

const BUILT = /^(ping|kv\.(get|put|delete)|queue\.(enqueue|dequeue|ack|nack|touch|dlqList))$/;

/** Operations of later slices. */
const NOT_BUILT =
  /^(kv\.(mget|scan|history|incr|touch|persist|expire|exists|json\w+|begin\w*|commit\w*)|txn\.\w+|queue\.(stats|purge|list|peek|dlqRequeue)|(stream|group|action|worker|workflow|processing|ts|namespace|cluster)\.\w+)$/i;

function methodOf({ input }: Vector): string {
  return String(input.call?.['method'] ?? input.operation ?? '');
}

const built = (direction: Vector['direction']): [string, FloCodec, Vector][] =>
  protocols.flatMap((protocol) =>
    frames(protocol, direction)
      .filter((one) => BUILT.test(methodOf(one)))
      .map((one): [string, FloCodec, Vector] => [one.name, codecFor(protocol), one]),
  );

describe('requests, both ways', () => {
  const requests = built('request').filter(([name]) => !name.startsWith('edge/'));

  it.each(requests)('%s', (_, codec, { input, hex: bytes }) => {
    const { call = {}, namespace = '', requestId } = input;
    const one = operation(codec, String(call['method']))!;
    const request = requestOf(call);
    const frame = codec.requestFrame(idOf(requestId), one.opcode, one.encodeRequest(namespace, request));
    expect(hex(frame)).toBe(bytes);
    expect(codec.decodeRequestHead(fromHex(bytes), 0)).toEqual({
      id: idOf(requestId),
      opcode: Number(input['opcode']),
      payloadBytes: bytes.length / 2 - 32,
    });
    expect(one.decodeRequest(payloadOf(fromHex(bytes)))).toEqual({ namespace, request });
  });

  it('are 18 in v1-32 and 18 in v2-table', () => {
    const count = (prefix: string): number => requests.filter(([name]) => name.startsWith(prefix)).length;
    expect([count('v1-32/'), count('v2-table/')]).toEqual([18, 18]);
  });

  it('count a TTL in seconds where that is said', () => {
    const { input, hex: bytes } = vectors.find(({ name }) => name === 'v1-32/kv_put_all_options')!;
    const { put } = v132({ ttlUnit: 's' }).kv;
    const request = requestOf(input.call!, 's') as Parameters<typeof put.encodeRequest>[1];
    expect(request.ttlMs).toBe(3_600_000);
    expect(hex(put.encodeRequest('default', request))).toBe(hex(payloadOf(fromHex(bytes))));
    expect(put.decodeRequest(payloadOf(fromHex(bytes))).request).toEqual(request);
    // A part of a second is not lost.
    const roundedUp = put.decodeRequest(put.encodeRequest('', { ...request, ttlMs: 1 })).request;
    expect(roundedUp.ttlMs).toBe(1_000);
  });
});

describe('answers, both ways', () => {
  const answers = built('response').filter(([, , { input }]) => input['status'] === 0);
  const readable = answers.filter(([, , { expect: said }]) => said?.clientError === undefined);

  it.each(readable)('%s', (name, codec, { input, hex: bytes, expect: said }) => {
    const one = operation(codec, String(input.operation))!;
    const answer = answerOf(one.name, said?.parsed);
    expect(one.decodeAnswer(payloadOf(fromHex(bytes)))).toEqual(answer);
    const writer = name.endsWith('_server') ? v132({ bodies: 'server' }) : codec;
    const body = operation(writer, one.name)!.encodeAnswer(answer);
    expect(hex(writer.answerFrame(idOf(input['requestId']), 0, body))).toBe(bytes);
    expect(writer.decodeAnswerHead(fromHex(bytes), 0)).toEqual({
      id: idOf(input['requestId']),
      status: 0,
      payloadBytes: body.length,
    });
  });

  it('are 8 in v1-32 and 9 in v2-table', () => {
    const count = (prefix: string): number => readable.filter(([name]) => name.startsWith(prefix)).length;
    expect([count('v1-32/'), count('v2-table/')]).toEqual([8, 9]);
  });
});

describe('frames of all operations, built or not', () => {
  const each = (direction: Vector['direction']): [string, FloCodec, Vector][] =>
    protocols.flatMap((protocol) =>
      frames(protocol, direction).map((one): [string, FloCodec, Vector] => [one.name, codecFor(protocol), one]),
    );

  it.each(each('request'))('%s', (_, codec, { hex: bytes }) => {
    const frame = fromHex(bytes);
    const { id, opcode } = codec.decodeRequestHead(frame, 0);
    expect(codec.isIntact(frame, 0, payloadOf(frame))).toBe(true);
    expect(hex(codec.requestFrame(id, opcode, payloadOf(frame)))).toBe(bytes);
  });

  it.each(each('response'))('%s', (_, codec, { hex: bytes }) => {
    const frame = fromHex(bytes);
    const { id, status } = codec.decodeAnswerHead(frame, 0);
    expect(codec.isIntact(frame, 0, payloadOf(frame))).toBe(true);
    expect(hex(codec.answerFrame(id, status, payloadOf(frame)))).toBe(bytes);
  });
});

it('no vector of these generations is forgotten', () => {
  const open = protocols
    .flatMap((protocol) => [...frames(protocol, 'request'), ...frames(protocol, 'response')])
    .filter((one) => !BUILT.test(methodOf(one)) && !NOT_BUILT.test(methodOf(one)))
    .map(({ name }) => name);
  // Refusals and edges, which have no operation, are in files of their own.
  expect(
    open.filter(
      (name) => !/^edge\/|\/res\/(unavailable|unknown_status|refusal_|not_implemented|overloaded|internal_)/.test(name),
    ),
  ).toEqual([]);
  expect(vectors).toHaveLength(449);
});
