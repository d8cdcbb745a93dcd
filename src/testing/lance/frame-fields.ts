import { Command, commandName } from '../../codecs/lance/commands.js';
import { batchIdOf, type Header } from '../../codecs/lance/header.js';
import {
  decodeAuthenticateResponse,
  decodeCatchingUp,
  decodeCommitAck,
  decodeFetchHead,
  decodeReplyText,
  decodeSubscribeAck,
} from '../../codecs/lance/replies.js';
import {
  readCommitOffset,
  readCreateTopicWithRetention,
  readFetch,
  readSetRetention,
  readSubscribe,
  readText,
  readTopicId,
  readUnsubscribe,
} from '../../codecs/lance/request-payloads.js';
import { decodeRecords } from '../../codecs/lance/tlv.js';
import { inNumbers } from '../wires/in-numbers.js';
import { inWords } from '../wires/in-words.js';

/** What tests may compare of a frame, and how people call it. */
export interface FrameFields {
  readonly fields: Readonly<Record<string, unknown>>;
  words(): string;
}

type Fields = Record<string, unknown>;

/** Reads the payload of a control frame. A payload that can't be read has the field `unreadable`. */
export function fieldsOfCommand(command: number, payload: Uint8Array): FrameFields {
  const name = commandName(command);
  let fields: Fields;
  try {
    fields = inNumbers(payloadFields(command, payload));
  } catch (error) {
    fields = { unreadable: error instanceof Error ? error.message : String(error) };
  }
  return { fields, words: () => inWords(name, fields) };
}

/** Reads what an ingest carries. */
export function fieldsOfIngest(header: Header, payload: Uint8Array): FrameFields {
  const { topicId, recordCount: records } = header;
  const { length: bytes } = payload;
  const fields = inNumbers({ batchId: batchIdOf(header), topicId, records, bytes, texts: textsIn(payload) });
  return { fields, words: () => inWords('Ingest', fields) };
}

/** Reads which batch is acknowledged. */
export function fieldsOfAck(header: Header): FrameFields {
  const fields = inNumbers({ batchId: batchIdOf(header) });
  return { fields, words: () => inWords('Ack', fields) };
}

/** The values of the whole records as texts; none of what is no records, which servers take as well. */
export function textsIn(data: Uint8Array): string[] {
  try {
    return decodeRecords(data).records.map(({ value }) => Buffer.from(value).toString());
  } catch {
    return [];
  }
}

function payloadFields(command: number, bytes: Uint8Array): object {
  const end = bytes.length;
  switch (command) {
    case Command.CreateTopic:
      return { topic: readText(bytes, 0, end) };
    case Command.DeleteTopic:
    case Command.GetTopic:
      return { topicId: readTopicId(bytes, 0, end) };
    case Command.CreateTopicWithRetention:
      return orRefused(readCreateTopicWithRetention(bytes, 0, end));
    case Command.SetRetention:
      return orRefused(readSetRetention(bytes, 0, end));
    case Command.Fetch:
      return orRefused(readFetch(bytes, 0, end));
    case Command.Subscribe:
      return orRefused(readSubscribe(bytes, 0, end));
    case Command.Unsubscribe:
      return orRefused(readUnsubscribe(bytes, 0, end));
    case Command.CommitOffset:
      return orRefused(readCommitOffset(bytes, 0, end));
    case Command.FetchResponse: {
      const { nextOffset: next, byteCount } = decodeFetchHead(bytes, 0, end);
      return { start: next - byteCount, next, bytes: byteCount };
    }
    case Command.CatchingUp:
      return { serverOffset: decodeCatchingUp(bytes, 0, end) };
    case Command.SubscribeAck:
      return decodeSubscribeAck(bytes, 0, end);
    case Command.CommitAck:
      return decodeCommitAck(bytes, 0, end);
    case Command.AuthenticateResponse:
      return decodeAuthenticateResponse(bytes, 0, end);
    case Command.TopicResponse:
    case Command.ClusterStatusResponse:
    case Command.ErrorResponse:
      return { text: decodeReplyText(bytes, 0, end) };
    default:
      // The token of Authenticate is nobody's business.
      return {};
  }
}

function orRefused(fields: object | string): object {
  return typeof fields === 'string' ? { unreadable: fields } : fields;
}
