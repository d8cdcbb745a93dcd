export type { FloProtocol } from './codecs/flo/codec.js';
export {
  BadRequestError,
  ConflictError,
  ConnectionFailedError,
  FloError,
  FloTimeoutError,
  IncompleteResponseError,
  InternalServerError,
  InvalidChecksumError,
  InvalidMagicError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PayloadTooLargeError,
  ProtocolError,
  ProtocolMismatchError,
  RateLimitedError,
  ServerError,
  TableMismatchError,
  UnauthorizedError,
  UnavailableError,
  UnexpectedEofError,
  UnsupportedVersionError,
} from './codecs/flo/errors.js';
export type { RefusedDetails } from './codecs/flo/errors.js';
export type { DlqListAnswer, QueueMessage } from './codecs/flo/operations.js';
export type { Ran, Reason } from './codecs/flo/reasons.js';

export { ChannelError } from './transports/channel-error.js';
export type { Channel, ChannelEvents, Connector } from './transports/channel.js';
export type { ReconnectOptions } from './transports/reconnect.js';
export { tcp } from './transports/tcp.js';
export type { TcpOptions } from './transports/tcp.js';

export type { FloClientOptions } from './observables/flo/client-options.js';
export { FloClient } from './observables/flo/flo-client.js';
export type { FloOptions, KvDeleteOptions, KvGetOptions, KvPutOptions } from './observables/flo/kv-options.js';
export type { FloKv, KvWritten, Versioned } from './observables/flo/kv.js';
export type { MessagesOptions } from './observables/flo/messages-options.js';
export type {
  DequeueOptions,
  DlqListOptions,
  EnqueueOptions,
  QueueNackOptions,
} from './observables/flo/queue-options.js';
export type { FloQueue } from './observables/flo/queue.js';
