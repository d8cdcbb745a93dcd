import { MAX_PAYLOAD_BYTES } from '../../../codecs/lance/header.js';
import { MAX_RECORD_BYTES } from '../../../codecs/lance/record-type.js';
import { integerIn, milliseconds } from '../../../foundation/check.js';
import { InvalidOptionError } from '../../../foundation/errors.js';
import type { OptionNames } from '../../../foundation/known-options.js';
import { CLIENT_OPTIONS, type LanceClientOptions } from '../connection/client-options.js';
import { checkTopicRef, MAX_TOPIC_ID, type TopicRef } from '../connection/topic-ref.js';
import { checkPosition, type SeekPosition } from './seek-position.js';

/** The address is said by itself, and there are no commands. */
type OfClientsOnly = 'host' | 'port' | 'commandConnections' | 'topicsIntervalMs';

/** What a {@link StandaloneConsumer} reads, from where, and how the server is talked to. */
export interface StandaloneOptions extends Omit<LanceClientOptions, OfClientsOnly> {
  /** Positions are kept under this name. */
  readonly consumerName: string;
  /** The topic by its id, 1 to 2^32 - 1; either this or `topicName`. */
  readonly topicId?: number;
  /** The topic by its name; either this or `topicId`. */
  readonly topicName?: string;
  /** Where to start when no position is kept; `'beginning'` by default. */
  readonly startPosition?: SeekPosition;
  /** The most that one fetch may bring, 1 to 16 777 156 bytes; 1 MiB by default. */
  readonly maxFetchBytes?: number;
  /** A record that announces more is taken for damage; 16 MiB by default. */
  readonly maxRecordBytes?: number;
  /** `poll` and `close` store the position when the last time is this long ago, in milliseconds; 5 000 by default, 0 never. */
  readonly autoCommitIntervalMs?: number;
  /** How long `poll` waits for the server, in milliseconds; 100 by default. */
  readonly pollTimeoutMs?: number;
}

const { host: _host, port: _port, commandConnections: _pool, topicsIntervalMs: _pause, ...CONNECTION } = CLIENT_OPTIONS;

/** Those that there are. */
export const STANDALONE_OPTIONS: OptionNames<StandaloneOptions> = {
  ...CONNECTION,
  consumerName: true,
  topicId: true,
  topicName: true,
  startPosition: true,
  maxFetchBytes: true,
  maxRecordBytes: true,
  autoCommitIntervalMs: true,
  pollTimeoutMs: true,
};

/** The options with all defaults filled in. */
export interface StandalonePlan {
  readonly consumerName: string;
  readonly topic: TopicRef;
  readonly start: number | 'end';
  readonly maxFetchBytes: number;
  readonly maxRecordBytes: number;
  readonly autoCommitIntervalMs: number;
  readonly pollTimeoutMs: number;
}

/** Head and header of a response count against the limit of 16 MiB that other clients have (lance.md T 35). */
const LARGEST_FETCH = MAX_PAYLOAD_BYTES - 60;

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function standalonePlan(options: StandaloneOptions): StandalonePlan {
  const { consumerName, startPosition = 'beginning', autoCommitIntervalMs = 5_000, pollTimeoutMs = 100 } = options;
  if (typeof consumerName !== 'string' || consumerName === '') {
    throw new InvalidOptionError('consumerName', consumerName, 'must be a text that is not empty');
  }
  return {
    consumerName,
    topic: topicOf(options),
    start: checkPosition('startPosition', startPosition),
    maxFetchBytes: integerIn('maxFetchBytes', options.maxFetchBytes ?? 1 << 20, 1, LARGEST_FETCH),
    maxRecordBytes: integerIn('maxRecordBytes', options.maxRecordBytes ?? MAX_RECORD_BYTES, 1, 2 ** 31 - 1),
    autoCommitIntervalMs: milliseconds('autoCommitIntervalMs', autoCommitIntervalMs),
    pollTimeoutMs: milliseconds('pollTimeoutMs', pollTimeoutMs),
  };
}

function topicOf({ topicId, topicName }: StandaloneOptions): TopicRef {
  if (topicId !== undefined && topicName !== undefined) {
    throw new InvalidOptionError('topicName', topicName, 'must not be given together with topicId');
  }
  if (topicName !== undefined) {
    if (typeof topicName === 'string') return checkTopicRef(topicName);
    throw new InvalidOptionError('topicName', topicName, 'must be the name of a topic');
  }
  if (topicId === undefined) throw new InvalidOptionError('topicId', topicId, 'must be given, or topicName');
  // An id that is a text would be taken for a name, and nobody finds a topic of that name.
  return integerIn('topicId', topicId, 1, MAX_TOPIC_ID);
}

/** Those that say how the server is talked to. */
export function connectionOf(options: StandaloneOptions): LanceClientOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(CONNECTION, name)));
}
