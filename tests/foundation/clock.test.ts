import { TestScheduler } from 'rxjs/testing';
import { clock } from '../../src/foundation/clock.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the clock', () => {
  it('says what the system says, in whole milliseconds', () => {
    const before = Date.now();
    expect(Number.isInteger(clock.now())).toBe(true);
    expect(Math.abs(clock.now() - before)).toBeLessThan(60_000);
    expect(clock.date()).toBeGreaterThanOrEqual(before);
  });

  it('does not move its even time when the system is set, only its date', () => {
    const before = clock.now();
    const real = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(real - 3_600_000);
    expect(clock.date()).toBe(real - 3_600_000);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    jest.spyOn(Date, 'now').mockReturnValue(real + 3_600_000);
    expect(clock.date()).toBe(real + 3_600_000);
    expect(clock.now() - before).toBeLessThan(60_000);
  });

  it('is virtual in TestScheduler.run', () => {
    const seen: number[] = [];
    new TestScheduler(() => {}).run(() => {
      clock.after(3_600_000, () => seen.push(clock.now(), clock.date()));
    });
    expect(seen).toEqual([3_600_000, 3_600_000]);
  });
});
