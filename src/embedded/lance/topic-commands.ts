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
  type TopicInfo,
  type WireRetention,
} from '../../codecs/lance/topic-json.js';
import type { LanceCore } from './core.js';
import type { Topic } from './storage/topic-storage.js';
import type { Creating, Refusal } from './topics.js';

export function createTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  return created(core, made(core, readText(payload, 0, payload.length)));
}

export function createTopicWithRetention(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readCreateTopicWithRetention(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { name, maxAgeSecs, maxBytes } = fields;
  const retention = { maxAgeSecs, maxBytes };
  return created(core, made(core, name, { retention, textIfEmpty: ErrorText.emptyTopicName }), retention);
}

export function deleteTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  const id = readTopicId(payload, 0, payload.length);
  return core.topics.delete(id) ? topicResponse(encodeDeleted(id)) : core.error(configuredTopicNotFoundText(id));
}

export function listTopics(core: LanceCore): Uint8Array {
  return topicResponse(encodeTopicList(Array.from(core.topics.list(), infoOf)));
}

export function getTopic(core: LanceCore, payload: Uint8Array): Uint8Array {
  const topic = core.topics.get(readTopicId(payload, 0, payload.length));
  return topic === undefined ? core.error(ErrorText.topicNotFound) : topicResponse(encodeTopic(infoOf(topic)));
}

export function setRetention(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readSetRetention(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { topicId, maxAgeSecs, maxBytes } = fields;
  const topic = core.topics.get(topicId);
  if (topic === undefined) return core.error(configuredTopicNotFoundText(topicId));
  core.setRetention(topic, { maxAgeSecs, maxBytes });
  return topicResponse(encodeRetentionSet(topicId, { maxAgeSecs, maxBytes }));
}

/** In a cluster creating is idempotent, and a refused create has taken an id (traps T 18, T 67). */
function made(core: LanceCore, name: string, creating: Creating = {}): Topic | Refusal {
  if (core.cluster.standalone) return core.topics.create(name, creating);
  const known = core.topics.named(name);
  if (known !== undefined) return known;
  const topic = core.topics.create(name, creating);
  if ('refused' in topic && topic.refused !== ErrorText.topicNameTooLong) core.topics.skipId();
  return topic;
}

function created(core: LanceCore, topic: Topic | Refusal, retention?: WireRetention): Uint8Array {
  if ('refused' in topic) return core.error(topic.refused);
  return topicResponse(encodeTopic(retention === undefined ? infoOf(topic) : { ...infoOf(topic), retention }));
}

function infoOf({ id, name, createdAtSecs }: Topic): TopicInfo {
  return { id, name, createdAt: BigInt(createdAtSecs), topicEpoch: 1n };
}

function topicResponse(json: string): Uint8Array {
  return textResponse(Command.TopicResponse, json);
}
