import type { Parameters } from 'fast-check';

/** Longest time for all the runs of one property; less than what jest allows for a test. */
const BUDGET_MS = 60_000;

/**
 * How often a property is tried. The seed is printed, and taken from `FC_SEED` to repeat a run. Not having had time for
 * all the runs is a failure.
 */
export function runs<T>(name: string, numRuns: number): Parameters<T> {
  const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`${name}: ${numRuns} runs, FC_SEED=${seed}\n`);
  return { numRuns, seed, interruptAfterTimeLimit: BUDGET_MS, markInterruptAsFailure: true };
}

/** What jest waits for a property. */
export const PROPERTY_TIMEOUT_MS = BUDGET_MS + 15_000;
