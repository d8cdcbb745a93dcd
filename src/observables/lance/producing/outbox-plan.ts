import type { LanceError } from '../../../codecs/lance/errors.js';
import type { Route } from '../../../transports/lance/route.js';
import type { ReconnectOptions } from '../../../transports/reconnect.js';
import type { ClientPlan } from '../connection/client-options.js';
import type { Control } from '../connection/control.js';
import { producerPlan, type ProducerOptions, type ProducerPlan } from './producer-options.js';
import { resolveTopic, type TopicRef } from '../connection/topic-ref.js';

/** What an outbox needs of the client. */
export interface OutboxPlan extends ProducerPlan {
  readonly connector: Route;
  readonly requestTimeoutMs: number;
  readonly reconnect: ReconnectOptions;
  /** Finds the id of a topic. */
  resolve(topic: TopicRef, found: (id: number) => void, failed: (error: LanceError) => void): void;
}

/** @throws {@link InvalidOptionError} naming the option, the value and the rule. */
export function outboxPlan(client: ClientPlan, control: Control, options: ProducerOptions): OutboxPlan {
  const { connector, requestTimeoutMs, reconnect } = client;
  return {
    ...producerPlan(options),
    connector,
    requestTimeoutMs,
    reconnect,
    resolve: (topic, found, failed) => void resolveTopic(control, topic, ({ id }) => found(id), failed),
  };
}
