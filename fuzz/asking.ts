import { decodeClusterStatus } from '../src/codecs/lance/cluster-json.js';
import { Command } from '../src/codecs/lance/commands.js';
import { LanceError } from '../src/codecs/lance/errors.js';
import { keepaliveFrame } from '../src/codecs/lance/frames.js';
import type { Header } from '../src/codecs/lance/header.js';
import {
  decodeCommitAck,
  decodeFetchHead,
  decodeReplyText,
  decodeSubscribeAck,
  FETCH_HEAD_BYTES,
} from '../src/codecs/lance/replies.js';
import {
  commitOffsetRequest,
  fetchRequest,
  getClusterStatusRequest,
  listTopicsRequest,
  subscribeRequest,
} from '../src/codecs/lance/requests.js';
import { decodeTopicList } from '../src/codecs/lance/topic-json.js';
import { expectCommand, RequestSession, type Exchange } from '../src/transports/lance/request-session.js';
import type { Dice } from '../soak/dice.js';
import { commandIn, expectedFrames, kindOf, type ExpectedFrame, type Rules } from './expected-frames.js';
import { need } from './finding.js';
import type { FuzzCase } from './fuzz-case.js';
import { Plug } from './plug.js';
import type { Tally } from './tally.js';

/** What is asked, and how the reply is read. */
interface Question {
  readonly request: Uint8Array;
  readonly answeredBy?: number;
  readonly maxReplyBytes?: number;
  readonly begun?: (bytes: Uint8Array, at: number, payloadLength: number) => unknown;
  readonly read: (header: Header, bytes: Uint8Array, start: number, end: number) => unknown;
}

const MAX_REPLY_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

const questions: readonly Question[] = [
  {
    request: listTopicsRequest(),
    answeredBy: Command.TopicResponse,
    read: expecting(Command.TopicResponse, (bytes, start, end) => decodeTopicList(decodeReplyText(bytes, start, end))),
  },
  {
    request: getClusterStatusRequest(),
    answeredBy: Command.ClusterStatusResponse,
    read: expecting(Command.ClusterStatusResponse, (bytes, start, end) =>
      decodeClusterStatus(decodeReplyText(bytes, start, end)),
    ),
  },
  {
    request: fetchRequest(1, 0, 1000),
    answeredBy: Command.FetchResponse,
    maxReplyBytes: FETCH_HEAD_BYTES + 1000,
    begun: (bytes, at, payloadLength) => decodeFetchHead(bytes, at, payloadLength),
    read: expecting(Command.FetchResponse, (bytes, start, end) => decodeFetchHead(bytes, start, end - start)),
  },
  {
    request: subscribeRequest(1, 0n, 1000, 7n),
    answeredBy: Command.SubscribeAck,
    read: expecting(Command.SubscribeAck, decodeSubscribeAck),
  },
  {
    request: commitOffsetRequest(1, 7n, 5n),
    answeredBy: Command.CommitAck,
    read: expecting(Command.CommitAck, decodeCommitAck),
  },
  { request: keepaliveFrame(), read: () => undefined },
];

function expecting(command: number, decode: (bytes: Uint8Array, start: number, end: number) => unknown) {
  return (header: Header, bytes: Uint8Array, start: number, end: number): unknown => {
    expectCommand(header, command);
    return decode(bytes, start, end);
  };
}

/** Up to three questions, most of them such that what comes may be an answer. */
function suitable(bytes: Uint8Array, dice: Dice): Question[] {
  const { frames } = expectedFrames(bytes, { judgesEarly: true, mostPayload: () => MAX_REPLY_BYTES });
  return Array.from({ length: dice.between(0, 3) }, (_, at) => {
    const frame = frames[at];
    const command = frame !== undefined && kindOf(frame) === 'control' ? commandIn(frame) : -1;
    const fitting = questions.find(({ answeredBy }) => answeredBy === command);
    return fitting !== undefined && dice.chance(0.7) ? fitting : dice.pick(questions);
  });
}

/** Asks a few things over one session: each question has one outcome, of the frame at its place. */
export function ask({ bytes, pieces, dice }: FuzzCase, tally: Tally): void {
  const plug = new Plug();
  const outcomes: unknown[] = [];
  const ends: LanceError[] = [];
  const session = new RequestSession(plug, 1000, { opened: () => {}, closed: (error) => ends.push(error) });
  plug.open();
  const asked = suitable(bytes, dice);
  const { frames, outcome } = expectedFrames(bytes, rulesFor(asked));
  const answers = frames.filter((frame) => kindOf(frame) !== 'backpressure');
  for (const [at, question] of asked.entries()) {
    session.send(
      exchange(question, answers[at], (what) => {
        need(!(at in outcomes), () => `question ${at} is answered twice: ${String(outcomes[at])}, ${String(what)}`);
        outcomes[at] = what;
      }),
    );
  }
  plug.feed(pieces);
  const told = outcomes.filter((what) => what !== undefined).length;
  const enough = answers.length <= asked.length && (outcome === 'whole' || outcome === 'awaits');
  if (enough && ends.length === 0) need(told === answers.length, () => `${told} outcomes of ${answers.length} answers`);
  else need(ends.length === 1 && plug.isClosed, () => `${outcome}: the session goes on after ${frames.length} frames`);
  plug.end();
  need(ends.length === 1 && ends[0] instanceof LanceError, () => `the session ended ${ends.length} times`);
  need(
    asked.every((_, at) => outcomes[at] !== undefined),
    () => 'a question without an outcome',
  );
  need(session.pending === 0, () => `${session.pending} questions are kept`);
  for (const what of outcomes) {
    if (what instanceof LanceError) tally.refuse('replies', what.code);
    else tally.accept('replies');
  }
}

function exchange(question: Question, answer: ExpectedFrame | undefined, tell: (what: unknown) => void): Exchange {
  const { request, maxReplyBytes, begun, read } = question;
  return {
    request,
    ...(maxReplyBytes === undefined ? {} : { maxReplyBytes }),
    ...(begun === undefined
      ? {}
      : {
          begun: (header, buffer, at) => {
            if (commandOfReply(header) === Command.FetchResponse) begun(buffer, at, header.payloadLength);
          },
        }),
    reply: (header, buffer, start, end) => {
      const isIts = answer !== undefined && Buffer.from(answer.payload).equals(buffer.subarray(start, end));
      need(isIts, () => 'the reply of another question');
      const value = read(header, buffer, start, end);
      tell(value ?? 'done');
    },
    failed: (error) => {
      need(error instanceof LanceError, () => `it failed with ${String(error)}`);
      tell(error);
    },
  };
}

const commandOfReply = (header: Header): number => (header.kind === 'control' ? header.batchIdLow & 255 : -1);

/** Room is made for what was asked for, and for the text of an error. */
function rulesFor(asked: readonly Question[]): Rules {
  return {
    judgesEarly: true,
    mostPayload: (flags, batchId, before) => {
      const question = asked[before.filter((frame) => kindOf(frame) !== 'backpressure').length];
      if (question === undefined) return 0;
      const most = question.maxReplyBytes ?? MAX_REPLY_BYTES;
      return (flags & 0x40) !== 0 && commandIn({ batchId }) === 0xff ? Math.max(most, MAX_ERROR_BYTES) : most;
    },
  };
}
