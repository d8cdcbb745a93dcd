import * as attempts from './attempt-routes.js';
import * as queue from './queue-routes.js';
import * as resources from './resource-routes.js';
import * as rollouts from './rollout-routes.js';
import type { Route } from './route.js';
import * as server from './server-routes.js';
import * as spans from './span-routes.js';
import * as workers from './worker-routes.js';

/** In the order of the genuine server: the first that fits serves, or else refuses the method. */
const ROUTES: readonly Route[] = [
  server.health,
  queue.enqueue,
  queue.dequeue,
  queue.startRollout,
  rollouts.listRollouts,
  rollouts.searchRollouts,
  rollouts.getRollout,
  rollouts.updateRollout,
  attempts.startAttempt,
  attempts.searchAttempts,
  attempts.updateAttempt,
  workers.listWorkers,
  workers.searchWorkers,
  workers.getWorker,
  workers.updateWorker,
  server.statistics,
  attempts.listAttempts,
  attempts.latestAttempt,
  resources.listResources,
  resources.addResources,
  resources.latestResources,
  resources.updateResources,
  resources.getResources,
  spans.addSpan,
  spans.listSpans,
  spans.searchSpans,
  spans.nextSpanSequenceId,
  queue.waitForRollouts,
  ...server.telemetry,
];

interface Pattern {
  readonly route: Route;
  readonly segments: readonly string[];
}

const byLength = new Map<number, Pattern[]>();
for (const route of ROUTES) {
  const segments = route.path.split('/');
  const patterns = byLength.get(segments.length);
  if (patterns === undefined) byLength.set(segments.length, [{ route, segments }]);
  else patterns.push({ route, segments });
}

/** Where a request leads. */
export type Match =
  | { readonly route: Route; readonly params: readonly string[] }
  /** The path is known, the method is not; `allow` is what the first route that fits takes. */
  | { readonly allow: string }
  | undefined;

/** Finds the route for a decoded path. */
export function match(method: string, path: string): Match {
  const segments = path.split('/');
  let allow: string | undefined;
  for (const { route, segments: pattern } of byLength.get(segments.length) ?? []) {
    if (!pattern.every((part, at) => (part === '{}' ? segments[at] !== '' : part === segments[at]))) continue;
    if (route.method === method) return { route, params: segments.filter((_, at) => pattern[at] === '{}') };
    allow ??= route.method;
  }
  return allow === undefined ? undefined : { allow };
}
