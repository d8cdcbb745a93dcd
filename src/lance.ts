export type { ClusterStatus } from './codecs/lance/cluster-json.js';
export {
  AccessDeniedError,
  BackpressureError,
  ConnectionError,
  ForwardFailedError,
  InvalidFrameError,
  InvalidRecordError,
  InvalidTopicNameError,
  LanceError,
  LanceTimeoutError,
  NotLeaderError,
  ProtocolError,
  RateLimitedError,
  ServerCatchingUpError,
  ServerError,
  TopicAlreadyExistsError,
  TopicNotFoundError,
} from './codecs/lance/errors.js';
export { RecordBatch } from './codecs/lance/record-batch.js';
export { RecordType } from './codecs/lance/record-type.js';
export { LanceRecord } from './codecs/lance/record.js';
export type { KeyValue, Timestamped } from './codecs/lance/structured-values.js';
export { decodeRecords, encodeRecords, TlvRecord } from './codecs/lance/tlv.js';
export type { DecodedRecords } from './codecs/lance/tlv.js';
export { consumerId } from './codecs/lance/consumer-id.js';
export type { TopicInfo } from './codecs/lance/topic-json.js';

export { ChannelError } from './transports/channel-error.js';
export type { Channel, ChannelEvents, Connector } from './transports/channel.js';
export { tcp } from './transports/tcp.js';
export type { TcpOptions } from './transports/tcp.js';
export { tls } from './transports/tls.js';
export type { TlsConnectOptions } from './transports/tls.js';
export type { Pem, TlsOptions } from './transports/tls-options.js';

export type { ConnectionCounts, LanceClientStatus } from './transports/lance/connection-book.js';
export type { LanceClientMetrics } from './observables/lance/connection/client-metrics.js';
export type { LanceAddress, LanceClientOptions } from './observables/lance/connection/client-options.js';
export type { CommandCounts, RoundTrips } from './observables/lance/connection/command-tally.js';
export type {
  CommitOffsetOptions,
  CommittedOffset,
  Subscribed,
  SubscribeOptions,
  UnsubscribeOptions,
} from './observables/lance/connection/consumer-commands.js';
export type { CommandConnectionsOptions } from './observables/lance/connection/pool-options.js';
export type { RetainedTopic, Retention, RetentionLimits } from './observables/lance/connection/retention.js';
export type {
  CatchingUpOptions,
  ConsumeOptions,
  DeadLetterSink,
  OnTruncated,
  TailOptions,
} from './observables/lance/consuming/consume-options.js';
export { LanceStream } from './observables/lance/consuming/lance-stream.js';
export type { ConsumeMetrics } from './observables/lance/consuming/progress.js';
export { TruncatedError } from './observables/lance/consuming/truncated-error.js';
export { decodeDeadLetter } from './observables/lance/consuming/dead-letter.js';
export type { DeadLetter } from './observables/lance/consuming/dead-letter.js';
export { DeadLetterError, TopicChangedError } from './observables/lance/connection/errors.js';
export { ClientConfig } from './observables/lance/configs/client-config.js';
export { ProducerConfig } from './observables/lance/configs/producer-config.js';
export { StandaloneConfig } from './observables/lance/configs/standalone-config.js';
export { LanceClient } from './observables/lance/lance-client.js';
export { PollResult } from './observables/lance/standalone/poll-result.js';
export { SeekPosition } from './observables/lance/standalone/seek-position.js';
export { StandaloneConsumer } from './observables/lance/standalone/standalone-consumer.js';
export type { ConnectOptions, PollOptions } from './observables/lance/standalone/standalone-consumer.js';
export type { StandaloneOptions } from './observables/lance/standalone/standalone-options.js';
export { Producer } from './observables/lance/producing/producer.js';
export type { RecordInput } from './observables/lance/producing/record-input.js';
export type { ProducerOptions } from './observables/lance/producing/producer-options.js';
export type { ProducerMetrics } from './observables/lance/producing/tally.js';
export type { ProducerStatus } from './observables/lance/producing/producer-status.js';
export type { SendOutcome } from './observables/lance/producing/outcome.js';
export type { Sink, SinkOptions, SinkReceipt } from './observables/lance/producing/sink.js';
export type { ReconnectOptions } from './transports/reconnect.js';
export { FileOffsetStore } from './observables/lance/stores/file-offset-store.js';
export { HookedOffsetStore } from './observables/lance/stores/hooked-offset-store.js';
export type { OffsetCommit, PostCommitHook } from './observables/lance/stores/hooked-offset-store.js';
export { LockFileOffsetStore } from './observables/lance/stores/lock-file-offset-store.js';
export { MemoryOffsetStore } from './observables/lance/stores/memory-offset-store.js';
export { OffsetStoreError } from './observables/lance/stores/offset-store-error.js';
export type { OffsetKey, OffsetStore, StoredOffset } from './observables/lance/stores/offset-store.js';
export { StalePositionError } from './observables/lance/stores/stale-position-error.js';
export type { TopicRef } from './observables/lance/connection/topic-ref.js';
