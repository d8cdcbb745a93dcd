import { decodeClusterStatus, encodeClusterStatus } from '../src/codecs/lance/cluster-json.js';
import { errorFromText } from '../src/codecs/lance/error-from-text.js';
import { LanceError } from '../src/codecs/lance/errors.js';
import {
  decodeAuthenticateResponse,
  decodeCatchingUp,
  decodeCommitAck,
  decodeFetchHead,
  decodeReplyText,
  decodeSubscribeAck,
} from '../src/codecs/lance/replies.js';
import {
  readCommitOffset,
  readCreateTopicWithRetention,
  readFetch,
  readSetRetention,
  readSubscribe,
  readTopicId,
  readUnsubscribe,
} from '../src/codecs/lance/request-payloads.js';
import {
  decodeDeleted,
  decodeRetentionSet,
  decodeTopic,
  decodeTopicList,
  encodeTopic,
  encodeTopicList,
} from '../src/codecs/lance/topic-json.js';
import { commandIn, kindOf, type ExpectedFrame } from './expected-frames.js';
import { need } from './finding.js';
import { readRecords } from './reading-records.js';
import type { Tally } from './tally.js';

type Read = (bytes: Uint8Array, start: number, end: number) => unknown;

/** The numbers that were read must be the ones that stand there. */
const numbers =
  (
    decode: (bytes: Uint8Array, start: number, end: number) => object,
    written: (payload: Buffer) => Readonly<Record<string, number | bigint>>,
  ): Read =>
  (bytes, start, end) => {
    const read = decode(bytes, start, end);
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const expected = written(payload);
    need(show({ ...read }) === show(expected), () => `${show(read)} read instead of ${show(expected)}`);
  };

const text =
  (decode: (text: string) => unknown): Read =>
  (bytes, start, end) =>
    decode(decodeReplyText(bytes, start, end));

/** What was decoded must survive being encoded and decoded again. */
const both =
  <T>(decode: (text: string) => T, encode: (value: T) => string): Read =>
  (bytes, start, end) => {
    const value = decode(decodeReplyText(bytes, start, end));
    const again = decode(encode(value));
    need(show(again) === show(value), () => `${show(value)} comes back as ${show(again)}`);
  };

/** Whatever the order of its fields is. */
const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part;
  });

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idAnd =
  (name: string) =>
  (payload: Buffer): Record<string, bigint> => ({
    consumerId: payload.readBigUInt64LE(0),
    [name]: payload.readBigUInt64LE(8),
  });

/** What each command's payload is read by; those of a TopicResponse by whatever was asked. */
const READERS: ReadonlyMap<number, Readonly<Record<string, Read>>> = new Map<number, Record<string, Read>>([
  [0x02, { topicId: readTopicId }],
  [0x05, { setRetention: readSetRetention }],
  [0x06, { createTopicWithRetention: readCreateTopicWithRetention }],
  [0x09, { authenticateResponse: decodeAuthenticateResponse }],
  [0x10, { fetch: readFetch }],
  [
    0x11,
    {
      fetchHead: numbers(
        (bytes, start, end) => decodeFetchHead(bytes, start, end - start),
        (head) => ({ byteCount: head.length - 16, nextOffset: Number(head.readBigUInt64LE(0)) }),
      ),
    },
  ],
  [
    0x12,
    {
      catchingUp: numbers(
        (bytes, start, end) => ({ offset: decodeCatchingUp(bytes, start, end) }),
        (payload) => ({ offset: payload.readBigUInt64LE(0) }),
      ),
    },
  ],
  [0x20, { subscribe: readSubscribe }],
  [0x21, { unsubscribe: readUnsubscribe }],
  [0x22, { commitOffset: readCommitOffset }],
  [0x23, { subscribeAck: numbers(decodeSubscribeAck, idAnd('startOffset')) }],
  [0x24, { commitAck: numbers(decodeCommitAck, idAnd('committedOffset')) }],
  [
    0x80,
    {
      topic: both(decodeTopic, encodeTopic),
      topicList: both(decodeTopicList, encodeTopicList),
      deleted: text(decodeDeleted),
      retentionSet: text(decodeRetentionSet),
    },
  ],
  [0x81, { clusterStatus: both(decodeClusterStatus, encodeClusterStatus) }],
  [0xff, { error: text(readError) }],
]);

/** Reads a payload in every way that it may be read: nothing but an error of the library's own may come of it. */
export function readPayload(frame: ExpectedFrame, bytes: Uint8Array, start: number, end: number, tally: Tally): void {
  const readers = kindOf(frame) === 'control' ? READERS.get(commandIn(frame)) : undefined;
  for (const [name, read] of Object.entries(readers ?? {})) {
    attempt(name, tally, () => read(bytes, start, end));
  }
  attempt('records', tally, () => readRecords(bytes, start, end));
}

function attempt(name: string, tally: Tally, read: () => unknown): void {
  try {
    read();
    tally.accept(name);
  } catch (error) {
    if (!(error instanceof LanceError)) throw error;
    tally.refuse(name, error.code);
  }
}

/** Each text is an error that somebody can act on. */
function readError(words: string): void {
  const error = errorFromText(words);
  need(error instanceof LanceError && error.code.startsWith('LANCE'), () => `no error of Lance: ${String(error)}`);
  need(words.length === 0 || error.message.length > 0, () => 'an error without words');
}
