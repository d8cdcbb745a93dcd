import { oneOf } from '../../codecs/flo/checks.js';
import { MAX_REQUEST_BYTES, MAX_VALUE_BYTES } from '../../codecs/flo/limits.js';
import { integerIn, milliseconds } from '../../foundation/check.js';
import type { OptionNames } from '../../foundation/known-options.js';
import type { QueueRules } from './message-queue.js';

/** How an embedded Flo server behaves. */
export interface FloBehaviour {
  /** Answers in `v1-32` as the SDKs read them (`'sdk'`, default) or as genuine servers write them (`'server'`); they differ in queues. */
  readonly bodies?: 'sdk' | 'server' | undefined;
  /**
   * `'documented'` (default): queue messages are leased, come back, die, may be delayed and deduplicated. `'server'`: what
   * the examined servers do, which acknowledge on delivery and know none of that (flo.md 4.3).
   */
  readonly semantics?: 'documented' | 'server' | undefined;
  /**
   * What a time to live in `v1-32` counts: milliseconds (`'ms'`, default) as late servers do, or seconds (`'s'`) as early
   * ones. Early servers also take a wait of 0 for one without end, and any length of it (flo.md 0).
   */
  readonly ttlUnit?: 's' | 'ms' | undefined;
  /** How long a lease lasts if nobody says, in milliseconds. Default 30 000. */
  readonly visibilityTimeoutMs?: number | undefined;
  /** How often a message is handed out before it is dead, 1 to 255. Default 5. */
  readonly maxDeliveries?: number | undefined;
  /** How many dead letters a queue keeps; the oldest go first. Default 10 000. */
  readonly dlqCapacity?: number | undefined;
  /** How long a dedup key is known after its message has left the queue, in milliseconds. Default 300 000; the protocol does not say. */
  readonly dedupWindowMs?: number | undefined;
  /** How many requests may wait at once; beyond it they are answered as if their time were over. Default 256. */
  readonly maxWaiting?: number | undefined;
  /** Largest value of a key and largest message, in bytes, at most and by default 16 MiB. Genuine servers take about 256 KiB. */
  readonly maxValueBytes?: number | undefined;
  /** Largest payload of a request, in bytes, at most and by default 100 MiB; a header that announces more ends the connection. */
  readonly maxPayloadBytes?: number | undefined;
}

/** Those that there are. */
export const BEHAVIOUR: OptionNames<FloBehaviour> = {
  bodies: true,
  semantics: true,
  ttlUnit: true,
  visibilityTimeoutMs: true,
  maxDeliveries: true,
  dlqCapacity: true,
  dedupWindowMs: true,
  maxWaiting: true,
  maxValueBytes: true,
  maxPayloadBytes: true,
};

/** {@link FloBehaviour} with its defaults. */
export interface ResolvedBehaviour extends QueueRules {
  readonly bodies: 'sdk' | 'server';
  readonly semantics: 'documented' | 'server';
  readonly ttlUnit: 's' | 'ms';
  readonly maxWaiting: number;
  readonly maxValueBytes: number;
  readonly maxPayloadBytes: number;
}

/** Checks `options` and fills in the defaults. */
export function resolveBehaviour(options: FloBehaviour): ResolvedBehaviour {
  return {
    bodies: oneOf('bodies', options.bodies ?? 'sdk', ['sdk', 'server']),
    semantics: oneOf('semantics', options.semantics ?? 'documented', ['documented', 'server']),
    ttlUnit: oneOf('ttlUnit', options.ttlUnit ?? 'ms', ['ms', 's']),
    visibilityTimeoutMs: milliseconds('visibilityTimeoutMs', options.visibilityTimeoutMs ?? 30_000),
    maxDeliveries: integerIn('maxDeliveries', options.maxDeliveries ?? 5, 1, 255),
    dlqCapacity: integerIn('dlqCapacity', options.dlqCapacity ?? 10_000, 0, 2 ** 31 - 1),
    dedupWindowMs: milliseconds('dedupWindowMs', options.dedupWindowMs ?? 300_000),
    maxWaiting: integerIn('maxWaiting', options.maxWaiting ?? 256, 0, 1_000_000),
    maxValueBytes: integerIn('maxValueBytes', options.maxValueBytes ?? MAX_VALUE_BYTES, 1, MAX_VALUE_BYTES),
    maxPayloadBytes: integerIn('maxPayloadBytes', options.maxPayloadBytes ?? MAX_REQUEST_BYTES, 1, MAX_REQUEST_BYTES),
  };
}
