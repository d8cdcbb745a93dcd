/** The store's JSON as it travels (lightning.md 3): snake_case, seconds as floating point, `null` for what is absent. */

export type RolloutMode = 'train' | 'val' | 'test';
export type RolloutStatus = 'queuing' | 'preparing' | 'running' | 'failed' | 'succeeded' | 'cancelled' | 'requeuing';
export type AttemptStatus = 'preparing' | 'running' | 'failed' | 'succeeded' | 'unresponsive' | 'timeout';

export interface WireRolloutConfig {
  timeout_seconds: number | null;
  unresponsive_seconds: number | null;
  max_attempts: number;
  retry_condition: AttemptStatus[];
}

export interface WireAttempt {
  rollout_id: string;
  attempt_id: string;
  sequence_id: number;
  start_time: number;
  end_time: number | null;
  status: AttemptStatus;
  worker_id: string | null;
  last_heartbeat_time: number | null;
  metadata: Record<string, unknown> | null;
}

export interface WireRollout {
  rollout_id: string;
  input: unknown;
  start_time: number;
  end_time: number | null;
  mode: RolloutMode | null;
  resources_id: string | null;
  status: RolloutStatus;
  config: WireRolloutConfig;
  metadata: Record<string, unknown> | null;
  /** Present where the rollout has one and the endpoint tells; never null. */
  attempt?: WireAttempt;
}

export type WireResource =
  | {
      resource_type: 'llm' | 'proxy_llm';
      endpoint: string;
      model: string;
      api_key: string | null;
      sampling_parameters: Record<string, unknown>;
    }
  | { resource_type: 'prompt_template'; template: string; engine: 'jinja' | 'f-string' | 'poml' };

export interface WireResourcesUpdate {
  resources_id: string;
  create_time: number;
  update_time: number;
  version: number;
  resources: Record<string, WireResource>;
}

export type WireAttributeValue = string | boolean | number | string[] | boolean[] | number[];

export interface WireSpanContext {
  trace_id: string;
  span_id: string;
  is_remote: boolean;
  trace_state: Record<string, string>;
}

export interface WireSpan {
  rollout_id: string;
  attempt_id: string;
  sequence_id: number;
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  status: { status_code: 'UNSET' | 'OK' | 'ERROR'; description?: string | null };
  attributes: Record<string, WireAttributeValue>;
  events: { name: string; attributes: Record<string, WireAttributeValue>; timestamp?: number | null }[];
  links: { context: WireSpanContext; attributes?: Record<string, WireAttributeValue> | null }[];
  start_time: number | null;
  end_time: number | null;
  context: WireSpanContext | null;
  parent: WireSpanContext | null;
  resource: { attributes: Record<string, WireAttributeValue>; schema_url: string };
}

/** One page of a list. */
export interface WirePage<T> {
  items: T[];
  limit: number;
  offset: number;
  total: number;
}

export type WorkerStatus = 'idle' | 'busy' | 'unknown';

export interface WireWorker {
  worker_id: string;
  status: WorkerStatus;
  heartbeat_stats: Record<string, unknown> | null;
  last_heartbeat_time: number | null;
  last_dequeue_time: number | null;
  last_busy_time: number | null;
  last_idle_time: number | null;
  current_rollout_id: string | null;
  current_attempt_id: string | null;
}
