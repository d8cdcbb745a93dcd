import { Command } from '../../../codecs/lance/commands.js';
import { TopicNotFoundError, type LanceError } from '../../../codecs/lance/errors.js';
import { decodeReplyText } from '../../../codecs/lance/replies.js';
import { getTopicRequest, listTopicsRequest } from '../../../codecs/lance/requests.js';
import { decodeTopic, decodeTopicList, type TopicInfo } from '../../../codecs/lance/topic-json.js';
import { checkTopicName } from '../../../codecs/lance/topic-name.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import { expectCommand, type Exchange } from '../../../transports/lance/request-session.js';

/** A topic by name or by id. */
export type TopicRef = string | number;

/** Ids of topics are 32 bits. */
export const MAX_TOPIC_ID = 0xffff_ffff;

/** @throws {@link InvalidTopicNameError} or {@link InvalidOptionError}; 0 is the server's nameless topic, which can't be read. */
export function checkTopicRef(topic: TopicRef): TopicRef {
  if (typeof topic === 'string') return checkTopicName(topic);
  if (Number.isInteger(topic) && topic >= 1 && topic <= MAX_TOPIC_ID) return topic;
  throw new InvalidOptionError('topic', topic, `must be a name, or an id from 1 to ${MAX_TOPIC_ID}`);
}

/** How errors name a topic. */
export function topicText(topic: TopicRef): string {
  return typeof topic === 'number' ? `topic ${topic}` : `topic "${topic}"`;
}

/** The same error with the topic in it: servers don't say which one they miss. */
export function namingTopic<E>(topic: TopicRef, error: E): E | TopicNotFoundError {
  return error instanceof TopicNotFoundError ? missing(topic, error) : error;
}

/** Whoever sends requests: a session, or all connections for commands together. */
export interface Requests<R> {
  send(exchange: Exchange): R;
}

/** Asks the server which topic is meant; returns what sending does. */
export function resolveTopic<R>(
  requests: Requests<R>,
  topic: TopicRef,
  found: (info: TopicInfo) => void,
  failed: (error: LanceError) => void,
): R {
  return requests.send({
    request: typeof topic === 'number' ? getTopicRequest(topic) : listTopicsRequest(),
    reply: (header, buffer, start, end) => {
      expectCommand(header, Command.TopicResponse);
      const text = decodeReplyText(buffer, start, end);
      const info = typeof topic === 'number' ? decodeTopic(text) : byName(decodeTopicList(text), topic);
      if (info === undefined) failed(missing(topic));
      else found(info);
    },
    failed: (error) => failed(namingTopic(topic, error)),
  });
}

function missing(topic: TopicRef, cause?: LanceError): TopicNotFoundError {
  const message =
    typeof topic === 'number'
      ? `there is no ${topicText(topic)}${cause === undefined ? '' : ` (${cause.message})`}`
      : `there is no ${topicText(topic)}: ensureTopic() makes one`;
  return new TopicNotFoundError(message, { cause, context: { topic } });
}

/**
 * Two clients that create a name at the same moment may both succeed: the server then lists it twice, in any order, and
 * keeps the data of both ids in one place, where writing under both of them moves what was read before. So all clients
 * mean the same one.
 */
function byName(topics: readonly TopicInfo[], name: string): TopicInfo | undefined {
  let found: TopicInfo | undefined;
  for (const topic of topics) {
    if (topic.name === name && (found === undefined || topic.id < found.id)) found = topic;
  }
  return found;
}
