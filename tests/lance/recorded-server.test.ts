import { readFileSync } from 'node:fs';
import { Command } from '../../src/codecs/lance/commands.js';
import type { LanceError } from '../../src/codecs/lance/errors.js';
import { commandOf, type Header } from '../../src/codecs/lance/header.js';
import { decodeCatchingUp, decodeFetchHead, FETCH_HEAD_BYTES } from '../../src/codecs/lance/replies.js';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
import { LanceClient } from '../../src/observables/lance/lance-client.js';
import { marbles, type Script } from '../../src/testing.js';
import { IngestSession } from '../../src/transports/lance/ingest-session.js';
import { RequestSession } from '../../src/transports/lance/request-session.js';
import type { Recording } from '../embedded/recording.js';
import { callOf } from './recorded/calls.js';
import { errorOf, meaningOf } from './recorded/meanings.js';
import { isIngest, pairsOf, type Pair } from './recorded/pairs.js';
import { ReplyingServer } from './recorded/replying-server.js';

const recording = JSON.parse(readFileSync('tests/vectors/lance-recorded.json', 'utf8')) as Recording;
/** Longer than anything takes that has an answer. */
const ENOUGH_MS = 100;
const TIMEOUT_MS = 1_000;

const isCommand = (frame: Buffer, command: number): boolean =>
  frame.length >= 44 && frame.readUInt8(5) === 0x40 && frame.readUInt8(12) === command;

describe('what the genuine server said, to our client:', () => {
  it.each(recording.scenarios.map(({ name }) => name))('%s', (name) => {
    const scenario = recording.scenarios.find((each) => each.name === name)!;
    const pairs = pairsOf(scenario);
    expect(pairs.length).toBeGreaterThan(0);
    marbles(function* () {
      for (const pair of pairs) yield* expectUnderstood(pair);
    });
  });

  it('what no client of ours would send is little of it', () => {
    const pairs = recording.scenarios.flatMap(pairsOf);
    const requests = pairs.map(({ request }) => request).filter((request) => request.length >= 44);
    const calls = requests.filter((request) => callOf(request) !== undefined);
    const sessions = requests.filter((request) => isIngest(request) || isCommand(request, Command.Fetch));
    const others = requests.filter((request) => !calls.includes(request) && !sessions.includes(request));
    // What is left are things that no client of ours sends: bad names, short payloads, commands that are none.
    expect([calls.length, sessions.length, others.length]).toEqual([64, 77, 39]);
  });
});

function* expectUnderstood(pair: Pair): Script {
  const { request } = pair;
  const call = request.length < 44 ? undefined : callOf(request);
  if (call !== undefined) yield* expectCall(pair, call);
  else if (request.length >= 44 && isIngest(request)) yield* expectFateOfBatch(pair);
  else yield* expectReply(pair);
}

/** The call must send the recorded bytes, and emit what the recorded answer says. */
function* expectCall(pair: Pair, call: NonNullable<ReturnType<typeof callOf>>): Script {
  const server = new ReplyingServer(pair);
  const client = new LanceClient({ connector: server.connector(), requestTimeoutMs: TIMEOUT_MS });
  let outcome: unknown = 'none';
  call(client).subscribe({
    next: (value) => (outcome = { value }),
    error: (error: LanceError) => (outcome = { code: error.code, message: error.message }),
    complete: () => (outcome = outcome === 'none' ? { value: undefined } : outcome),
  });
  yield ENOUGH_MS;
  expect(server.heard.toString('hex')).toBe(pair.request.toString('hex'));
  if (!(pair.answer instanceof Buffer)) throw new Error('a call without an answer');
  const meaning = meaningOf(pair.answer);
  if ('code' in meaning) expect(outcome).toEqual({ ...meaning, message: expect.stringContaining(meaning.message) });
  else expect(outcome).toEqual(meaning);
  client.close().subscribe();
  yield ENOUGH_MS;
}

/** One batch, and its ack, its error or the end. */
function* expectFateOfBatch({ request, answer }: Pair): Script {
  const server = new ReplyingServer({ request, answer });
  const fates: unknown[] = [];
  const id = Number(request.readBigUInt64LE(12));
  const session = new IngestSession(server.connector(), TIMEOUT_MS, {
    opened: () =>
      session.send({
        id,
        frame: new Uint8Array(request),
        acked: () => fates.push('acked'),
        rejected: (error) => fates.push({ code: error.code, message: error.message }),
      }),
    drained: () => {},
    backpressure: () => fates.push('backpressure'),
    closed: (error) => fates.push(error.code),
  });
  yield ENOUGH_MS;
  if (answer === 'silence') expect(fates).toEqual([]);
  else if (answer === 'closed') expect(fates).toEqual(['LANCE_CONNECTION']);
  else if (answer.readUInt8(5) === 0x08) expect(fates).toEqual(['acked']);
  else expect(fates).toEqual([errorOf(answer.toString('utf8', 44))]);
  session.close();
  yield ENOUGH_MS;
}

/** Fetches, and what no client of ours would ask for: the answer is found and understood all the same. */
function* expectReply({ request, answer }: Pair): Script {
  const server = new ReplyingServer({ request, answer });
  const outcomes: unknown[] = [];
  const session = new RequestSession(server.connector(), TIMEOUT_MS, {
    opened: () =>
      session.send({
        request: new Uint8Array(request),
        reply: (header, buffer, start, end) => outcomes.push(replyOf(header, buffer, start, end)),
        failed: (error) => outcomes.push({ code: error.code, message: error.message }),
      }),
    closed: () => {},
  });
  yield ENOUGH_MS;
  if (answer === 'silence') expect(outcomes).toEqual([]);
  else if (answer === 'closed') expect(outcomes).toMatchObject([{ code: 'LANCE_CONNECTION' }]);
  else expect(outcomes).toEqual([expectedReply(request, answer)]);
  session.close();
  yield ENOUGH_MS;
}

function replyOf(header: Header, buffer: Uint8Array, start: number, end: number): unknown {
  const command = header.kind === 'control' ? commandOf(header) : header.kind;
  if (command === Command.CatchingUp) return { behindAt: decodeCatchingUp(buffer, start, end) };
  const data = buffer.subarray(start, end);
  if (command !== Command.FetchResponse) return { command, payload: hex(data) };
  return { ...decodeFetchHead(buffer, start, end - start), data: hex(data.subarray(FETCH_HEAD_BYTES)) };
}

function expectedReply(request: Buffer, answer: Buffer): unknown {
  const payload = answer.subarray(44);
  if (answer.readUInt8(5) === 0x20) return { command: 'keepalive', payload: '' };
  const command = answer.readUInt8(12);
  if (command === Command.ErrorResponse) return errorOf(payload.toString());
  if (isCommand(request, Command.Fetch)) expectOwnFetch(request);
  if (command === Command.CatchingUp) return { behindAt: payload.readBigUInt64LE(0) };
  if (command !== Command.FetchResponse) return { command, payload: hex(payload) };
  const [nextOffset, byteCount] = [Number(payload.readBigUInt64LE(0)), payload.readUInt32LE(8)];
  return { nextOffset, byteCount, data: hex(payload.subarray(16)) };
}

/** Ours asks with the very same bytes. */
function expectOwnFetch(request: Buffer): void {
  const payload = request.subarray(44);
  const start = payload.readBigUInt64LE(4);
  const ours = fetchRequest(payload.readUInt32LE(0), start, payload.readUInt32LE(12));
  expect(hex(ours)).toBe(hex(request));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
