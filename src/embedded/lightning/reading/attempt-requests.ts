import { float, nullable, string } from './scalars.js';
import { defaulted, freeForm, object, optional } from './structures.js';
import { attemptStatus } from './words.js';

export const startAttemptRequest = object({ worker_id: defaulted(nullable(string), () => null) });

/** A key that is undefined was not there: the field stays as it is. */
export const attemptUpdate = object({
  status: optional(nullable(attemptStatus)),
  worker_id: optional(nullable(string)),
  last_heartbeat_time: optional(nullable(float)),
  metadata: optional(nullable(freeForm)),
});

export const workerUpdate = object({ heartbeat_stats: optional(nullable(freeForm)) });
