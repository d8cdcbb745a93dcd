import { AGL, NOTHING, type Route } from './route.js';

export const health: Route = {
  name: 'health',
  method: 'GET',
  path: `${AGL}/health`,
  handle: () => ({ status: 'ok' }),
};

export const statistics: Route = {
  name: 'statistics',
  method: 'GET',
  path: `${AGL}/statistics`,
  handle: ({ store, now }) => store.statistics(now),
};

/** The genuine server refuses these three, and takes traces, which this one does not do yet. */
export const telemetry: readonly Route[] = ['/v1/traces', '/v1/metrics', '/v1/logs', '/v1/development/profiles'].map(
  (path): Route => ({ name: 'telemetry', method: 'POST', path, status: 501, handle: () => NOTHING }),
);
