import fc from 'fast-check';
import { exponential } from '../../src/foundation/backoff/exponential.js';
import { fullJitter } from '../../src/foundation/backoff/full-jitter.js';
import { backoffPolicy, delaysOf } from '../../src/foundation/backoff/policy.js';
import { InvalidOptionError } from '../../src/foundation/errors.js';

const shapes = fc
  .record({
    initialMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    aboveMs: fc.double({ min: 0, max: 2 ** 30, noNaN: true }),
    factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
  })
  .map(({ initialMs, aboveMs, factor }) => ({ initialMs, maxMs: initialMs + aboveMs, factor }));
const retries = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 1_000_000 }));

describe('exponential', () => {
  it('multiplies up to the cap', () => {
    const delays = exponential({ initialMs: 100, maxMs: 1_000 });
    expect([0, 1, 2, 3, 4, 5].map(delays)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('takes any factor, in whole milliseconds', () => {
    const delays = exponential({ initialMs: 5, maxMs: 50, factor: 1.5 });
    expect([0, 1, 2, 3].map(delays)).toEqual([5, 7, 11, 16]);
  });

  it('stays constant with factor 1, and nothing with a first delay of nothing', () => {
    expect([0, 1, 5_000].map(exponential({ initialMs: 7, maxMs: 50, factor: 1 }))).toEqual([7, 7, 7]);
    expect([0, 1, 5_000].map(exponential({ initialMs: 0, maxMs: 50 }))).toEqual([0, 0, 0]);
  });

  it('never leaves its bounds, never shrinks, and is whole', () => {
    fc.assert(
      fc.property(shapes, retries, (shape, retry) => {
        const delays = exponential(shape);
        const delay = delays(retry);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(shape.initialMs));
        expect(delay).toBeLessThanOrEqual(shape.maxMs);
        expect(delays(retry + 1)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });

  it('reaches the cap and stays there', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        fc.pre(shape.factor >= 1.01 && shape.initialMs >= 1);
        const delays = exponential(shape);
        expect(delays(10_000)).toBe(Math.floor(shape.maxMs));
        expect(delays(1_000_000)).toBe(Math.floor(shape.maxMs));
      }),
    );
  });

  it.each([
    ['initialMs', { initialMs: -1, maxMs: 10 }],
    ['initialMs', { initialMs: Number.NaN, maxMs: 10 }],
    ['maxMs', { initialMs: 1, maxMs: Infinity }],
    ['maxMs', { initialMs: 11, maxMs: 10 }],
    ['factor', { initialMs: 1, maxMs: 10, factor: 0.5 }],
    ['factor', { initialMs: 1, maxMs: 10, factor: Infinity }],
  ])('refuses a bad %s: %j', (option, shape) => {
    expect(() => exponential(shape)).toThrow(InvalidOptionError);
    expect(() => exponential(shape)).toThrow(option);
  });
});

describe('fullJitter', () => {
  it('spreads evenly from nothing to the delay, both included', () => {
    const at = (random: number) => fullJitter(exponential({ initialMs: 100, maxMs: 1_000 }), () => random)(0);
    expect([0, 0.25, 0.5, 0.999].map(at)).toEqual([0, 25, 50, 100]);
  });

  it('stays between 0 and the delay, also with a random source that returns 1', () => {
    fc.assert(
      fc.property(shapes, retries, fc.double({ min: 0, max: 1, noNaN: true }), (shape, retry, random) => {
        const delays = exponential(shape);
        const jittered = fullJitter(delays, () => random)(retry);
        expect(Number.isInteger(jittered)).toBe(true);
        expect(jittered).toBeGreaterThanOrEqual(0);
        expect(jittered).toBeLessThanOrEqual(delays(retry));
      }),
    );
  });

  it('asks for one random number per delay', () => {
    const random = jest.fn(() => 0.5);
    const delays = fullJitter(exponential({ initialMs: 10, maxMs: 100 }), random);
    delays(0);
    delays(1);
    expect(random).toHaveBeenCalledTimes(2);
  });
});

describe('backoffPolicy', () => {
  it('counts, and starts again when reset', () => {
    const backoff = backoffPolicy(exponential({ initialMs: 1, maxMs: 100 }));
    expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([1, 2, 4]);
    backoff.reset();
    expect([backoff.next(), backoff.next()]).toEqual([1, 2]);
  });

  it('counts for itself, however many share the delays', () => {
    const delays = exponential({ initialMs: 1, maxMs: 100 });
    const [one, other] = [backoffPolicy(delays), backoffPolicy(delays)];
    one.next();
    expect([one.next(), other.next()]).toEqual([2, 1]);
  });
});

describe('delaysOf', () => {
  const shape = { initialMs: 10, maxMs: 100 };

  it('jitters only when told to', () => {
    expect(delaysOf({ ...shape, jitter: 'none', random: () => 0 })(1)).toBe(20);
    expect(delaysOf({ ...shape, jitter: 'full', random: () => 0 })(1)).toBe(0);
  });

  it('refuses another jitter, and a random source that is no function', () => {
    expect(() => delaysOf({ ...shape, jitter: 'half' as 'full' })).toThrow(/jitter.*"half"/);
    expect(() => delaysOf({ ...shape, jitter: 'full', random: 4 as unknown as () => number })).toThrow(/random/);
  });
});
