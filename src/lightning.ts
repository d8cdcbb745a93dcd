export type { Attempt } from './codecs/lightning/attempt.js';
export {
  AttemptNotFoundError,
  ConnectionError,
  ContentTypeError,
  LightningError,
  LightningTimeoutError,
  ProtocolError,
  RolloutNotFoundError,
  SpansEvictedError,
  StatusError,
  ValidationError,
  WaitTimeoutError,
} from './codecs/lightning/errors.js';
export type { Refusal } from './codecs/lightning/errors.js';
export type { NewSpan } from './codecs/lightning/new-span.js';
export type { Page } from './codecs/lightning/page.js';
export type { AttemptChanges, AttemptQuery } from './codecs/lightning/requests/attempts.js';
export type { Filters, Listing } from './codecs/lightning/requests/listing.js';
export type { NewRollout, WorkerOption } from './codecs/lightning/requests/queue.js';
export type { ResourcesQuery } from './codecs/lightning/requests/resources.js';
export type { RolloutChanges, RolloutQuery } from './codecs/lightning/requests/rollouts.js';
export type { Health } from './codecs/lightning/requests/server.js';
export type { SpanQuery } from './codecs/lightning/requests/spans.js';
export type { WorkerQuery } from './codecs/lightning/requests/workers.js';
export type {
  LlmResource,
  NamedResources,
  PromptTemplateResource,
  Resource,
  ResourcesUpdate,
} from './codecs/lightning/resources.js';
export type { RolloutConfig, RolloutConfigInput } from './codecs/lightning/rollout-config.js';
export type { AttemptedRollout, Rollout } from './codecs/lightning/rollout.js';
export type { SpanContext } from './codecs/lightning/span-context.js';
export type { Attributes, AttributeValue, Span, SpanEvent, SpanLink, SpanStatus } from './codecs/lightning/span.js';
export type { Statistics } from './codecs/lightning/statistics.js';
export type { AttemptStatus, RolloutMode, RolloutStatus, WorkerStatus } from './codecs/lightning/wire.js';
export type { Worker } from './codecs/lightning/worker.js';

export { AnswerCutOffError, AnswerTooLargeError } from './transports/http/errors.js';
export type { HttpAnswer, HttpEvents, HttpRequest, Requester } from './transports/http/requester.js';

export type { LightningStoreClientOptions } from './observables/lightning/client-options.js';
export { LightningStoreClient } from './observables/lightning/lightning-store-client.js';
export type { WaitOptions } from './observables/lightning/wait-options.js';
