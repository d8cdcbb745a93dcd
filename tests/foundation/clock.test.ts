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

  it.each([3_600_000, Date.UTC(2024, 1, 3), Date.UTC(2124, 1, 3)])('is virtual in TestScheduler.run: %i', (frame) => {
    const seen: number[] = [];
    new TestScheduler(() => {}).run(() => {
      clock.after(frame, () => seen.push(clock.now(), clock.date()));
    });
    expect(seen).toEqual([frame, frame]);
  });
});
