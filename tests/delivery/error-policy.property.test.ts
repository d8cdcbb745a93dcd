import fc from 'fast-check';
import {
  errorPolicy,
  nackDelays,
  type OnError,
  type Verdict,
} from '../../src/observables/delivery/operators/work/error-policy.js';
import { runs } from './model/seed.js';

const verdict = fc.constantFrom<Verdict>('nack', 'dead', 'ack', 'fail');
const retry = fc.record({
  maxAttempts: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Number.POSITIVE_INFINITY)),
  initialMs: fc.nat({ max: 5_000 }),
  maxMs: fc.nat({ max: 60_000 }),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the policy of work', () => {
  const steps = runs(1_000);
  it(`retries while there are attempts left, never later than its limits, then gives its verdict (${steps.title})`, () => {
    fc.assert(
      fc.property(retry, verdict, fc.integer({ min: 1, max: 40 }), random, (plan, then, attempt, jitter) => {
        const step = errorPolicy({ retry: plan, then }, () => jitter)(new Error('no'), attempt);
        if (attempt >= plan.maxAttempts) expect(step).toEqual({ do: then });
        else {
          const longest = Math.min(Math.max(plan.initialMs, plan.maxMs), plan.initialMs * 2 ** (attempt - 1));
          expect(step).toEqual({ do: 'retry', delayMs: expect.any(Number) });
          const { delayMs } = step as { delayMs: number };
          expect(Number.isInteger(delayMs)).toBe(true);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(longest);
        }
      }),
      steps.parameters,
    );
  });

  const worth = runs(500);
  it(`retries only what \`when\` says is worth it (${worth.title})`, () => {
    fc.assert(
      fc.property(fc.option(retry, { nil: undefined }), verdict, fc.nat(), (plan, then, error) => {
        const onError: OnError = { when: (each) => each === 0, then, ...(plan === undefined ? {} : { retry: plan }) };
        const policy = errorPolicy(onError);
        expect(policy(error + 1, 1)).toEqual({ do: then });
        expect(policy(0, 1).do).toBe(plan?.maxAttempts === 1 ? then : 'retry');
      }),
      worth.parameters,
    );
  });

  const plain = runs(200);
  it(`a verdict alone, or a policy without retries, decides at once (${plain.title})`, () => {
    fc.assert(
      fc.property(verdict, fc.integer({ min: 1 }), (then, attempt) => {
        expect(errorPolicy(then)('error', attempt)).toEqual({ do: then });
        expect(errorPolicy({ then })('error', attempt)).toEqual({ do: then });
        expect(errorPolicy({})('error', attempt)).toEqual({ do: 'dead' });
      }),
      plain.parameters,
    );
  });

  it('a nacked delivery stays away longer each time, never for nothing and never for ever', () => {
    const delays = Array.from({ length: 100 }, (_, at) => nackDelays(at));
    expect(delays.slice(0, 9)).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]);
    expect(new Set(delays.slice(9))).toEqual(new Set([30_000]));
  });
});
