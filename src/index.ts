export { exponential } from './foundation/backoff/exponential.js';
export type { Delays, ExponentialOptions } from './foundation/backoff/exponential.js';
export { fullJitter } from './foundation/backoff/full-jitter.js';
export type { Random } from './foundation/backoff/full-jitter.js';
export type { BackoffOptions, Jitter } from './foundation/backoff/policy.js';
export {
  ClosedError,
  InvalidOptionError,
  NotImplementedError,
  SluiceError,
  TimeoutError,
} from './foundation/errors.js';
export type { ErrorContext, ErrorDetails } from './foundation/errors.js';

export type { PayloadCodec } from './codecs/payload/codec.js';
export { NotSupportedError, PayloadError } from './codecs/payload/errors.js';
export { json } from './codecs/payload/json.js';
export { lz4 } from './codecs/payload/lz4.js';
export type { Lz4Options } from './codecs/payload/lz4.js';
export { msgpack } from './codecs/payload/msgpack.js';
export { raw } from './codecs/payload/raw.js';
export { text } from './codecs/payload/text.js';

export type { CommitOptions } from './observables/delivery/core/committer.js';
export { Window } from './observables/delivery/core/window.js';
export type { WindowLimits } from './observables/delivery/core/window.js';
export { DeliveryStream } from './observables/delivery/delivery-stream.js';
export type { DrainOptions } from './observables/delivery/delivery-stream.js';
export {
  HandlerError,
  NoDeadLettersError,
  NotADeliveryError,
  StreamInUseError,
  UndecidedError,
} from './observables/delivery/errors.js';
export { ack } from './observables/delivery/operators/ack.js';
export { autoAck } from './observables/delivery/operators/auto-ack.js';
export { filterDelivery } from './observables/delivery/operators/filter-delivery.js';
export type { Dropped } from './observables/delivery/operators/filter-delivery.js';
export { mapDelivery } from './observables/delivery/operators/map-delivery.js';
export { records } from './observables/delivery/operators/records.js';
export type { RecordsOf } from './observables/delivery/operators/records.js';
export { work } from './observables/delivery/operators/work.js';
export type {
  OnError,
  ResultFor,
  RetryPolicy,
  Verdict,
  WorkContext,
  WorkOptions,
  WorkOutput,
} from './observables/delivery/operators/work.js';
export { DUTY } from './observables/delivery/types.js';
export type {
  AnyDelivery,
  DeadOptions,
  DeadPart,
  Delivery,
  Duty,
  Fate,
  FateReport,
  Flow,
  Guarantee,
  Holder,
  NackOptions,
  Origin,
  Outcome,
  Reason,
  ResultOf,
  Settled,
  Status,
  ValueOf,
} from './observables/delivery/types.js';

export { pollBackoff } from './observables/retry/poll-backoff.js';
export type { PollBackoffOptions } from './observables/retry/poll-backoff.js';
export { retryBackoff } from './observables/retry/retry-backoff.js';
export type { RetryBackoffOptions } from './observables/retry/retry-options.js';
