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
export type { Retention, TopicInfo } from './codecs/lance/topic-json.js';

export { ChannelError } from './transports/channel-error.js';
export type { Channel, ChannelEvents, Connector } from './transports/channel.js';
export { tcp } from './transports/tcp.js';
export type { TcpOptions } from './transports/tcp.js';

export type { LanceClientOptions } from './observables/lance/connection/client-options.js';
export type { ConsumeOptions, DeadLetterSink } from './observables/lance/consuming/consume-options.js';
export { decodeDeadLetter } from './observables/lance/consuming/dead-letter.js';
export type { DeadLetter } from './observables/lance/consuming/dead-letter.js';
export { DeadLetterError, TopicChangedError } from './observables/lance/connection/errors.js';
export { LanceClient } from './observables/lance/lance-client.js';
export { Producer } from './observables/lance/producing/producer.js';
export type { RecordInput } from './observables/lance/producing/record-input.js';
export type { ProducerOptions } from './observables/lance/producing/producer-options.js';
export type { Sink, SinkOptions, SinkReceipt } from './observables/lance/producing/sink.js';
export type { ReconnectOptions } from './transports/reconnect.js';
export { FileOffsetStore } from './observables/lance/stores/file-offset-store.js';
export { MemoryOffsetStore } from './observables/lance/stores/memory-offset-store.js';
export { OffsetStoreError } from './observables/lance/stores/offset-store-error.js';
export type { OffsetKey, OffsetStore } from './observables/lance/stores/offset-store.js';
export type { TopicRef } from './observables/lance/connection/topic-ref.js';
