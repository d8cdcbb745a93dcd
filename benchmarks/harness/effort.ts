import type { Timing } from './client-messages.js';
import type { GateLimits } from './gate.js';

/** How long and how strictly to measure. */
export interface Effort {
  readonly rounds: number;
  readonly warmUp: Timing;
  readonly timing: Timing;
  readonly gate: GateLimits;
  /** Of each heat. */
  readonly budgetMs: number;
}

export const FULL: Effort = {
  rounds: 7,
  warmUp: { settleMs: 200, windowMs: 1000 },
  timing: { settleMs: 250, windowMs: 450 },
  gate: { startBelow: 0.07, acceptBelow: 0.12, retries: 4, patienceMs: 5000 },
  budgetMs: 240_000,
};

/** For continuous integration: fewer rounds and more tolerance, because it only has to notice a broken hot path. */
export const QUICK: Effort = {
  rounds: 3,
  warmUp: { settleMs: 100, windowMs: 600 },
  timing: { settleMs: 200, windowMs: 400 },
  gate: { startBelow: 0.15, acceptBelow: 0.25, retries: 3, patienceMs: 1500 },
  budgetMs: 60_000,
};
