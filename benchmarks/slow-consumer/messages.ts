import type { Target } from '../harness/client-program.js';

export interface SlowQuestion {
  readonly target: Target;
  /** Where to stop: the end of the topic. */
  readonly bytes: number;
  /** How long each batch is kept before it is acked. */
  readonly pauseMs: number;
}

/** Bytes, each the highest of all samples minus the value before the first subscription. */
export interface Growth {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

export interface SlowFigures {
  readonly seconds: number;
  readonly bytes: number;
  readonly records: number;
  readonly growth: Growth;
}
