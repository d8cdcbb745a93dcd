import type { Bounds } from '../bounds.js';

/** What one pipeline is asked to do. */
export interface PipelineQuestion {
  readonly pipeline: string;
  readonly window: { readonly deliveries: number; readonly bytes: number };
  /** How long one that never settles is watched. */
  readonly standMs: number;
  /** When one that settles is given up. */
  readonly limitMs: number;
}

/** The highest values seen, in bytes: what the server sent minus what was settled, and what is retained over the start. */
export interface PipelineFigures extends Bounds {
  /** Settled in all. */
  readonly settled: number;
  /** The length of the topic. */
  readonly end: number;
  readonly seconds: number;
}

export const WINDOW_BYTES = 4 << 20;
export const FRAME_BYTES = 1 << 20;
const NOISE_BYTES = 16 << 20;

/** The window and the frame that was on its way when it filled up; in memory the process's own noise as well. */
export const BOUNDS: Bounds = {
  unsettled: WINDOW_BYTES + FRAME_BYTES,
  growth: WINDOW_BYTES + FRAME_BYTES + NOISE_BYTES,
};
