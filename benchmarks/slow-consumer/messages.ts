import type { Growth } from '../harness/memory-growth.js';

export interface SlowQuestion {
  readonly port: number;
  readonly topic: string;
  /** Where to stop: the end of the topic. */
  readonly bytes: number;
  /** How long each batch is kept before it is acked. */
  readonly pauseMs: number;
}

export interface SlowFigures {
  readonly seconds: number;
  readonly bytes: number;
  readonly records: number;
  readonly growth: Growth;
}
