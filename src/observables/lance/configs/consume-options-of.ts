import { InvalidOptionError } from '../../../foundation/errors.js';
import type { TopicRef } from '../connection/topic-ref.js';
import type { ConsumeOptions } from '../consuming/consume-options.js';
import type { StandaloneOptions } from '../standalone/standalone-options.js';
import { folderOf } from '../stores/file-access.js';
import { FileOffsetStore } from '../stores/file-offset-store.js';
import { StandaloneConfig } from './standalone-config.js';

/** What a stream knows of a config, by the names that the config has for it. */
const OF_STREAMS: ReadonlySet<string> = new Set<keyof StandaloneOptions>([
  'consumerName',
  'topicId',
  'topicName',
  'startPosition',
  'maxFetchBytes',
  'maxRecordBytes',
  'offsetDir',
  'offsetStore',
  'autoCommitIntervalMs',
]);

/**
 * The options of a stream, which may be given as a config.
 * @throws {@link InvalidOptionError} if the config says something that a stream of a client can't follow.
 */
export function consumeOptionsOf<V>(topic: TopicRef, given: ConsumeOptions<V> | StandaloneConfig): ConsumeOptions<V> {
  if (!(given instanceof StandaloneConfig)) return given;
  if (given.topic !== topic) {
    throw new InvalidOptionError('topic', topic, `must be that of the config, ${JSON.stringify(given.topic)}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (OF_STREAMS.has(name)) continue;
    const rule =
      name === 'pollTimeoutMs' ? 'means nothing to a stream' : 'is an option of the client, not of its streams';
    throw new InvalidOptionError(name, value, rule);
  }
  const { consumerName: name, startPosition: from, autoCommitIntervalMs: commitIntervalMs, maxFetchBytes } = given;
  if (commitIntervalMs === 0) {
    throw new InvalidOptionError(
      'autoCommitIntervalMs',
      0,
      'must be above 0: a stream commits what is settled by itself',
    );
  }
  return { name, from, commitIntervalMs, maxFetchBytes, ...recordLimit(given), ...storeOf(given) };
}

function recordLimit({ maxRecordBytes }: StandaloneOptions): Pick<StandaloneOptions, 'maxRecordBytes'> {
  return maxRecordBytes === undefined ? {} : { maxRecordBytes };
}

function storeOf({ offsetDir, offsetStore }: StandaloneOptions): Pick<StandaloneOptions, 'offsetStore'> {
  if (offsetStore !== undefined) return { offsetStore };
  return offsetDir === undefined ? {} : { offsetStore: new FileOffsetStore(folderOf(offsetDir, 'offsetDir')) };
}
