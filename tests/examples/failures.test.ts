import { Failures, ONE_IN, PlannedFailure } from '../../examples/flights/failures.js';

const BATCHES = Array.from({ length: 400 }, (_, number) => number);

describe('failures on purpose', () => {
  it.each([0, 1, 2, 3, 42, -5, 2 ** 31])('are one in twenty, for good and passing in turn (seed %i)', (seed) => {
    const failures = new Failures(seed);
    const kinds = BATCHES.map((batch) => failures.planFor(batch).kind);
    for (let start = 0; start < kinds.length; start += ONE_IN) {
      expect(kinds.slice(start, start + ONE_IN).filter((kind) => kind !== 'none')).toHaveLength(1);
    }
    expect(kinds.filter((kind) => kind === 'for good')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'passing')).toHaveLength(10);
    expect(kinds.slice(0, ONE_IN)).toContain('for good');
  });

  it('depend on the seed and on nothing else', () => {
    const plans = (seed: number) => BATCHES.map((batch) => new Failures(seed).planFor(batch));
    expect(plans(1)).toEqual(plans(1));
    expect(plans(1)).not.toEqual(plans(2));
  });

  it('strike each attempt, or only the first ones', () => {
    const failures = new Failures(1);
    for (const batch of BATCHES) {
      const plan = failures.planFor(batch);
      const failed = [1, 2, 3, 4].filter((attempt) => strikes(failures, batch, attempt));
      if (plan.kind === 'none') expect(failed).toEqual([]);
      else if (plan.kind === 'for good') expect(failed).toEqual([1, 2, 3, 4]);
      else expect(failed).toEqual(plan.attempts === 1 ? [1] : [1, 2]);
    }
    expect(
      new Set(
        BATCHES.map((batch) => failures.planFor(batch)).flatMap((plan) =>
          plan.kind === 'passing' ? [plan.attempts] : [],
        ),
      ),
    ).toEqual(new Set([1, 2]));
  });
});

function strikes(failures: Failures, batch: number, attempt: number): boolean {
  try {
    failures.strike(batch, attempt);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(PlannedFailure);
    return true;
  }
}
