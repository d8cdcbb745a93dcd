import { ErrorText } from '../../codecs/lance/error-texts.js';
import { ackFrame } from '../../codecs/lance/frames.js';
import { commitAckResponse, subscribeAckResponse } from '../../codecs/lance/replies.js';
import { readCommitOffset, readSubscribe, readUnsubscribe } from '../../codecs/lance/request-payloads.js';
import type { LanceCore } from './core.js';

/** Bookkeeping only, nothing is pushed. Asking for 0 is asking for what was committed last (trap T 7). */
export function subscribe(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readSubscribe(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { topicId, consumerId } = fields;
  if (topicId !== 0 && core.topics.get(topicId) === undefined) return core.error(ErrorText.topicNotFound);
  const committed = fields.startOffset === 0n ? core.commits.get(topicId, consumerId) : undefined;
  return subscribeAckResponse({ consumerId, startOffset: committed ?? fields.startOffset });
}

/** Always succeeds, and is answered by an ack of the consumer id (trap T 8). */
export function unsubscribe(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readUnsubscribe(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  return ackFrame(Number(BigInt.asUintN(32, fields.consumerId)), Number(fields.consumerId >> 32n));
}

/** Keeps anything for anyone, unchecked (section 7.6). */
export function commitOffset(core: LanceCore, payload: Uint8Array): Uint8Array {
  const fields = readCommitOffset(payload, 0, payload.length);
  if (typeof fields === 'string') return core.error(fields);
  const { topicId, consumerId, offset } = fields;
  core.commits.set(topicId, consumerId, offset);
  return commitAckResponse({ consumerId, committedOffset: offset });
}
