import { maybeMs, maybeNumber, maybeString, objectOf } from './json.js';

/** What the store counts (lightning.md 2.8). Stores differ in what they tell. */
export interface Statistics {
  /** The class of the store, such as `InMemoryLightningStore`. */
  readonly name: string | undefined;
  readonly totalRollouts: number | undefined;
  readonly totalAttempts: number | undefined;
  /** Spans thrown away to save memory are still counted. */
  readonly totalSpans: number | undefined;
  readonly totalResources: number | undefined;
  readonly totalWorkers: number | undefined;
  /** How long the store has been up, in milliseconds. */
  readonly uptimeMs: number | undefined;
  readonly totalSpanBytes: number | undefined;
  readonly evictionThresholdBytes: number | undefined;
  readonly safeThresholdBytes: number | undefined;
  readonly memoryCapacityBytes: number | undefined;
}

export function decodeStatistics(value: unknown): Statistics {
  const wire = objectOf(value, 'the statistics');
  return {
    name: maybeString(wire, 'name'),
    totalRollouts: maybeNumber(wire, 'total_rollouts'),
    totalAttempts: maybeNumber(wire, 'total_attempts'),
    totalSpans: maybeNumber(wire, 'total_spans'),
    totalResources: maybeNumber(wire, 'total_resources'),
    totalWorkers: maybeNumber(wire, 'total_workers'),
    uptimeMs: maybeMs(wire, 'uptime'),
    totalSpanBytes: maybeNumber(wire, 'total_span_bytes'),
    evictionThresholdBytes: maybeNumber(wire, 'eviction_threshold_bytes'),
    safeThresholdBytes: maybeNumber(wire, 'safe_threshold_bytes'),
    memoryCapacityBytes: maybeNumber(wire, 'memory_capacity_bytes'),
  };
}
