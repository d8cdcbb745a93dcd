import type { AttemptStatus, WireRolloutConfig } from '../../../codecs/lightning/wire.js';
import type { Read } from './issues.js';
import { anything, float, integer, integerFrom, nullable, string } from './scalars.js';
import { defaulted, freeForm, list, object, optional, required } from './structures.js';
import { attemptStatus, mode, rolloutStatus } from './words.js';

const none = (): null => null;

const config: Read<WireRolloutConfig> = object({
  timeout_seconds: defaulted(nullable(float), none),
  unresponsive_seconds: defaulted(nullable(float), none),
  max_attempts: defaulted(integerFrom(1), () => 1),
  retry_condition: defaulted(list(attemptStatus), (): AttemptStatus[] => []),
});

const newRollout = {
  input: required(anything),
  mode: defaulted(mode, none),
  resources_id: defaulted(nullable(string), none),
  config: defaulted(nullable(config), none),
  metadata: defaulted(nullable(freeForm), none),
};

const entry = object(newRollout);

/** One rollout to be made. */
export type NewRollout = ReturnType<typeof entry>;

export const enqueueRequest = object({ rollouts: required(list(entry)) });

export const startRequest = object({ ...newRollout, worker_id: defaulted(nullable(string), none) });

export const dequeueRequest = object({
  limit: defaulted(integer, () => 1),
  worker_id: defaulted(nullable(string), none),
});

/** A key that is undefined was not there: the field stays as it is. */
export const rolloutUpdate = object({
  input: optional(anything),
  mode: optional(mode),
  resources_id: optional(nullable(string)),
  status: optional(nullable(rolloutStatus)),
  config: optional(nullable(config)),
  metadata: optional(nullable(freeForm)),
});

export const waitRequest = object({
  rollout_ids: required(list(string)),
  timeout: defaulted(nullable(float), none),
});
