import type { WireRollout } from '../../../codecs/lightning/wire.js';
import type { IncomingRequest } from '../../../transports/http/service.js';
import type { LightningStore } from '../store/lightning-store.js';

/** What a request may ask for (lightning.md 2). */
export type LightningRoute =
  | 'health'
  | 'statistics'
  | 'enqueue'
  | 'dequeue'
  | 'startRollout'
  | 'queryRollouts'
  | 'getRollout'
  | 'updateRollout'
  | 'startAttempt'
  | 'queryAttempts'
  | 'getLatestAttempt'
  | 'updateAttempt'
  | 'waitForRollouts'
  | 'queryWorkers'
  | 'getWorker'
  | 'updateWorker'
  | 'queryResources'
  | 'addResources'
  | 'getLatestResources'
  | 'getResources'
  | 'updateResources'
  | 'addSpan'
  | 'querySpans'
  | 'nextSpanSequenceId'
  | 'telemetry';

/** One request on its way through its route. */
export interface RouteCall {
  readonly store: LightningStore;
  readonly request: IncomingRequest;
  /** What stands in the path's places, decoded. */
  readonly params: readonly string[];
  /** Behind the question mark. */
  readonly query: string;
  /** Seconds since the Unix epoch. */
  readonly now: number;
  /** Answers in a moment instead of now; `begin` returns how to call that off. */
  readonly later: (begin: (answer: (body: WireRollout[]) => void) => () => void) => typeof LATER;
}

/** What a handler returns that will answer later. */
export const LATER = Symbol('later');

/** What a handler returns that has nothing to say: an answer without a body. */
export const NOTHING = Symbol('nothing');

/** One endpoint. */
export interface Route {
  readonly name: LightningRoute;
  readonly method: 'GET' | 'POST';
  /** `{}` stands for one segment. */
  readonly path: string;
  /** Default 200. */
  readonly status?: number;
  /** Returns what is sent as JSON. */
  handle(call: RouteCall): unknown;
}

/** Where the store's endpoints are. */
export const AGL = '/v1/agl';
