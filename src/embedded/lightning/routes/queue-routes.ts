import { optionalBody, requiredBody } from '../reading/body.js';
import { dequeueRequest, enqueueRequest, startRequest, waitRequest } from '../reading/rollout-requests.js';
import { AGL, type Route } from './route.js';

export const enqueue: Route = {
  name: 'enqueue',
  method: 'POST',
  path: `${AGL}/queues/rollouts/enqueue`,
  status: 201,
  handle({ store, request, now }) {
    const { rollouts } = requiredBody(request, enqueueRequest);
    if (rollouts.length > 0) store.watchdog.scan(now);
    return rollouts.map((rollout) => store.enqueue(rollout, now).rollout);
  },
};

export const dequeue: Route = {
  name: 'dequeue',
  method: 'POST',
  path: `${AGL}/queues/rollouts/dequeue`,
  handle({ store, request, now }) {
    const { limit = 1, worker_id: workerId = null } = optionalBody(request, dequeueRequest) ?? {};
    if (limit <= 0) return [];
    store.watchdog.scan(now);
    return store.dequeue(limit, workerId, now);
  },
};

export const startRollout: Route = {
  name: 'startRollout',
  method: 'POST',
  path: `${AGL}/rollouts`,
  status: 201,
  handle({ store, request, now }) {
    const rollout = requiredBody(request, startRequest);
    store.watchdog.scan(now);
    return store.start(rollout, rollout.worker_id, now);
  },
};

export const waitForRollouts: Route = {
  name: 'waitForRollouts',
  method: 'POST',
  path: `${AGL}/waits/rollouts`,
  handle({ store, request, now, later }) {
    const { rollout_ids: ids, timeout } = requiredBody(request, waitRequest);
    store.watchdog.scan(now);
    return later((answer) => store.waits.wait(store.rollouts, ids, timeout, answer));
  },
};
