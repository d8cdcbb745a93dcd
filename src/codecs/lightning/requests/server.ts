import { objectOf, stringOf } from '../json.js';
import { decodeStatistics, type Statistics } from '../statistics.js';
import type { StoreRequest } from './store-request.js';

/** What a healthy server says. */
export interface Health {
  /** `ok`. */
  readonly status: string;
}

export function healthRequest(): StoreRequest<Health> {
  return {
    method: 'GET',
    path: '/health',
    read: (json) => ({ status: stringOf(objectOf(json, 'the health'), 'status') }),
  };
}

export function statisticsRequest(): StoreRequest<Statistics> {
  return { method: 'GET', path: '/statistics', read: decodeStatistics };
}
