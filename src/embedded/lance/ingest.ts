import { ErrorText } from '../../codecs/lance/error-texts.js';
import type { Header } from '../../codecs/lance/header.js';
import type { LanceCore } from './core.js';
import type { TopicLog } from './storage/topic-log.js';

/** An accepted batch that has not been acknowledged. */
export interface PendingIngest {
  readonly batchIdLow: number;
  readonly batchIdHigh: number;
  /** Undefined for topic 0, whose data nobody can read: it is dropped. */
  readonly log: TopicLog | undefined;
  readonly logEnd: number;
}

/**
 * What becomes of an ingest frame: stored and pending, answered with an error at once, or (if it is empty) nothing at
 * all, ever. Batch id, timestamp, record count and flags are not looked at (section 2.3).
 */
export function acceptIngest(
  core: LanceCore,
  session: { readonly authenticated: boolean },
  header: Header,
  payload: Uint8Array,
): PendingIngest | Uint8Array | undefined {
  if (core.gate.guardsIngests && !session.authenticated) return core.error(ErrorText.authenticationRequired);
  const refusal = core.faults.takeIngestError() ?? core.cluster.ingestRefusal;
  if (refusal !== undefined) return core.error(refusal);
  const topic = header.topicId === 0 ? undefined : core.topics.get(header.topicId);
  if (topic === undefined && header.topicId !== 0) {
    return core.error(core.cluster.standalone ? ErrorText.unknownTopic : ErrorText.unknownTopicInCluster);
  }
  if (payload.length === 0) return undefined;
  const logEnd = topic === undefined ? 0 : core.append(topic, payload);
  core.tally.bytesIngested += payload.length;
  return { batchIdLow: header.batchIdLow, batchIdHigh: header.batchIdHigh, log: topic?.log, logEnd };
}
