import { InvalidRecordError } from '../../../codecs/lance/errors.js';
import { RECORD_HEADER_BYTES } from '../../../codecs/lance/record-type.js';
import { topicText, type TopicRef } from '../connection/topic-ref.js';
import type { Carry } from './carry.js';

/** The same error, of the topic: `position` is where the record begins in it. */
export function invalidAt(topic: TopicRef, position: number, cause: InvalidRecordError): InvalidRecordError {
  const message = `${topicText(topic)}, the record at ${position}: ${cause.message}`;
  const context = { ...cause.context, topic, position };
  return new InvalidRecordError(message, cause.at, { cause, context });
}

/** The rest of a record has not come, and will not: records never span what was written at once. */
export function endless(topic: TopicRef, position: number, { announced, length }: Carry): InvalidRecordError {
  const has =
    announced === undefined
      ? `has ${length} of the ${RECORD_HEADER_BYTES} bytes of its header`
      : `announces ${announced} bytes, of which ${length - RECORD_HEADER_BYTES} are there`;
  const message =
    `${topicText(topic)}, the record at ${position}: it ${has}, and the rest does not come: ` +
    'what was written there is no TLV record (a batch compressed by the producer?)';
  const present = Math.max(0, length - RECORD_HEADER_BYTES);
  return new InvalidRecordError(message, 0, {
    context: { topic, position, length: announced, present },
  });
}
