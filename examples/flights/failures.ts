import { seededRandom } from './random.js';

/** One batch out of so many fails on purpose. */
export const ONE_IN = 20;

/** What is planned for a batch: nothing, failures that a retry overcomes, or failures without end. */
export type Plan =
  { readonly kind: 'none' } | { readonly kind: 'passing'; readonly attempts: number } | { readonly kind: 'for good' };

/** The trouble that {@link Failures} makes. */
export class PlannedFailure extends Error {
  override readonly name = 'PlannedFailure';

  constructor(batch: number, attempt: number, kind: 'passing' | 'for good') {
    super(`batch ${batch} fails on purpose, ${kind === 'passing' ? `this time (attempt ${attempt})` : 'every time'}`);
  }
}

/**
 * Makes exactly one in every twenty consecutive batches fail. Which one depends on nothing but the seed and the batch's
 * number, so a run can be repeated. The first and every second of them fails for good, the others pass at a retry.
 */
export class Failures {
  constructor(private readonly seed: number) {}

  planFor(batch: number): Plan {
    const group = Math.floor(batch / ONE_IN);
    const random = seededRandom(this.seed ^ Math.imul(group + 1, 0x9e3779b1));
    if (batch % ONE_IN !== Math.floor(random() * ONE_IN)) return { kind: 'none' };
    if (group % 2 === 0) return { kind: 'for good' };
    return { kind: 'passing', attempts: random() < 0.5 ? 1 : 2 };
  }

  /** Throws a {@link PlannedFailure} if that is the plan. Attempts count from 1. */
  strike(batch: number, attempt: number): void {
    const plan = this.planFor(batch);
    if (plan.kind === 'none' || (plan.kind === 'passing' && attempt > plan.attempts)) return;
    throw new PlannedFailure(batch, attempt, plan.kind);
  }
}
