import { ProtocolError } from './errors.js';
import { objectOf, parseJson, stringOf, u32Of, u64Of, type JsonObject } from './json-u64.js';

/** What the server deletes, and when, in the units of the wire; 0 means everything that can be deleted (lance.md 7.9). */
export interface WireRetention {
  readonly maxAgeSecs: bigint;
  readonly maxBytes: bigint;
}

/** A topic as the server describes it (lance.md 2.7). */
export interface TopicInfo {
  readonly id: number;
  readonly name: string;
  /** Unix time in seconds: the only way to tell a topic from a later one with the same id. */
  readonly createdAt: bigint;
  readonly topicEpoch: bigint;
}

/** A topic in a TopicResponse. */
export interface DecodedTopic extends TopicInfo {
  /** Only in the answer to CreateTopicWithRetention; the server shows it nowhere else. */
  readonly retention?: WireRetention;
}

/** Decodes the reply to CreateTopic, CreateTopicWithRetention and GetTopic. Throws {@link ProtocolError}. */
export function decodeTopic(text: string): DecodedTopic {
  return topicOf(objectOf(parseJson(text)));
}

/** Decodes the reply to ListTopics; a bare array is taken too. Throws {@link ProtocolError}. */
export function decodeTopicList(text: string): TopicInfo[] {
  const parsed = parseJson(text);
  const topics: unknown = Array.isArray(parsed) ? parsed : objectOf(parsed)['topics'];
  if (!Array.isArray(topics)) throw new ProtocolError('a list of topics has no topics', { context: { text } });
  return topics.map((topic) => topicOf(objectOf(topic)));
}

/** Decodes the reply to DeleteTopic: the id that was deleted. */
export function decodeDeleted(text: string): number {
  return u32Of(objectOf(parseJson(text)), 'deleted');
}

/** Decodes the reply to SetRetention. */
export function decodeRetentionSet(text: string): WireRetention & { readonly topicId: number } {
  const object = objectOf(parseJson(text));
  return { topicId: u32Of(object, 'topic_id'), ...retentionOf(object) };
}

/** Keys in alphabetical order, as the reference server writes them. */
export function encodeTopic(topic: DecodedTopic): string {
  const { createdAt, id, name, topicEpoch, retention } = topic;
  const limits = retention === undefined ? '' : `${retentionFields(retention)},`;
  return `{"created_at":${createdAt},"id":${id},${limits}"name":${JSON.stringify(name)},"topic_epoch":${topicEpoch}}`;
}

/** Entries have another order of keys, as those of the reference server do. */
export function encodeTopicList(topics: Iterable<TopicInfo>): string {
  const entries: string[] = [];
  for (const { id, name, createdAt, topicEpoch } of topics) {
    entries.push(`{"id":${id},"name":${JSON.stringify(name)},"created_at":${createdAt},"topic_epoch":${topicEpoch}}`);
  }
  return `{"topics":[${entries.join(',')}]}`;
}

export function encodeDeleted(topicId: number): string {
  return `{"deleted":${topicId}}`;
}

export function encodeRetentionSet(topicId: number, retention: WireRetention): string {
  return `{${retentionFields(retention)},"topic_id":${topicId}}`;
}

function retentionFields({ maxAgeSecs, maxBytes }: WireRetention): string {
  return `"max_age_secs":${maxAgeSecs},"max_bytes":${maxBytes}`;
}

function topicOf(object: JsonObject): DecodedTopic {
  const topic = {
    id: u32Of(object, 'id'),
    name: stringOf(object, 'name'),
    createdAt: u64Of(object, 'created_at'),
    topicEpoch: object['topic_epoch'] === undefined ? 1n : u64Of(object, 'topic_epoch'),
  };
  return object['max_bytes'] === undefined ? topic : { ...topic, retention: retentionOf(object) };
}

function retentionOf(object: JsonObject): WireRetention {
  return { maxAgeSecs: u64Of(object, 'max_age_secs'), maxBytes: u64Of(object, 'max_bytes') };
}
