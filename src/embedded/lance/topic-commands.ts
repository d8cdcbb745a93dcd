import { Command } from '../../codecs/lance/commands.js';
import { configuredTopicNotFoundText, ErrorText } from '../../codecs/lance/error-texts.js';
import { textResponse } from '../../codecs/lance/replies.js';
import {
  readCreateTopicWithRetention,
  readSetRetention,
  readText,
  readTopicId,
} from '../../codecs/lance/request-payloads.js';
import {
  encodeDeleted,
  encodeRetentionSet,
  encodeTopic,
  encodeTopicList,
  type Retention,
  type TopicInfo,
} from '../../codecs/lance/topic-json.js';
import type { LanceCore } from './core.js';
import type { Refusal, Topic } from './topics.js';

export function createTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  return created(core, core.topics.create(readText(payload, 0, payload.length)));
}

export function createTopicWithRetention(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readCreateTopicWithRetention(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { name, maxAgeSecs, maxBytes } = fields;
  return created(core, core.topics.create(name, ErrorText.emptyTopicName), { maxAgeSecs, maxBytes });
}

export function deleteTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  const id = readTopicId(payload, 0, payload.length);
  return core.topics.delete(id) ? topicResponse(encodeDeleted(id)) : core.error(configuredTopicNotFoundText(id));
}

export function listTopics(core: LanceCore): Uint8Array {
  return topicResponse(encodeTopicList(Array.from(core.topics, infoOf)));
}

export function getTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  const topic = core.topics.get(readTopicId(payload, 0, payload.length));
  return topic === undefined ? core.error(ErrorText.topicNotFound) : topicResponse(encodeTopic(infoOf(topic)));
}

/** The values are echoed and nothing else: with segments of 1 GiB the genuine server hardly ever deletes anything either. */
export function setRetention(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readSetRetention(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  if (core.topics.get(fields.topicId) === undefined) return core.error(configuredTopicNotFoundText(fields.topicId));
  return topicResponse(encodeRetentionSet(fields.topicId, fields));
}

function created(core: LanceCore, topic: Topic | Refusal, retention?: Retention): Uint8Array {
  if ('refused' in topic) return core.error(topic.refused);
  return topicResponse(encodeTopic(retention === undefined ? infoOf(topic) : { ...infoOf(topic), retention }));
}

function infoOf({ id, name, createdAtSecs }: Topic): TopicInfo {
  return { id, name, createdAt: BigInt(createdAtSecs), topicEpoch: 1n };
}

function topicResponse(json: string): Uint8Array {
  return textResponse(Command.TopicResponse, json);
}
