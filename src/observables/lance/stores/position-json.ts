import { objectOf, parseJson, stringOf, u32Of, u64Of, type JsonObject } from '../../../codecs/lance/json-u64.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey } from './offset-store.js';

/** What a file of the Python client says; all but the position may be missing. */
export interface StoredPosition {
  readonly consumer: string | undefined;
  readonly topicId: number | undefined;
  readonly topicName: string | undefined;
  readonly createdAt: bigint | undefined;
  readonly offset: bigint;
}

/** As Python's `json.dumps` writes it, for the eyes of the other client, which reads nothing but `offset`. */
export function encodePosition({ consumer, topicId, topicName, createdAt }: OffsetKey, offset: bigint): string {
  const topic = topicName === undefined ? 'null' : pythonString(topicName);
  const made = createdAt === undefined ? '' : `, "created_at": ${createdAt}`;
  return `{"consumer": ${pythonString(consumer)}, "topic_id": ${topicId}, "topic_name": ${topic}, "offset": ${offset}${made}}`;
}

/** @throws {@link OffsetStoreError} if the text is not whole, or something else. */
export function decodePosition(text: string, path: string): StoredPosition {
  try {
    const object = objectOf(parseJson(text));
    return {
      consumer: optional(object, 'consumer', stringOf),
      topicId: optional(object, 'topic_id', u32Of),
      topicName: optional(object, 'topic_name', stringOf),
      createdAt: optional(object, 'created_at', u64Of),
      offset: u64Of(object, 'offset'),
    };
  } catch (cause) {
    throw new OffsetStoreError(`${path} holds no offset`, { cause, context: { path, text } });
  }
}

function optional<T>(object: JsonObject, name: string, read: (object: JsonObject, name: string) => T): T | undefined {
  return object[name] === undefined || object[name] === null ? undefined : read(object, name);
}

function pythonString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
