import { Attempts } from '../../src/observables/flo/attempts.js';

describe('attempts', () => {
  it('count what comes again, or what the server says if that is more', () => {
    const attempts = new Attempts();
    expect([attempts.next(1n), attempts.next(2n, 3)]).toEqual([1, 3]);
    attempts.remember(1n, 1);
    expect([attempts.next(1n), attempts.next(1n, 1), attempts.next(1n, 4)]).toEqual([2, 2, 4]);
    attempts.forget(1n);
    expect(attempts.next(1n)).toBe(1);
  });

  it('of 1 024 messages are remembered, the latest', () => {
    const attempts = new Attempts();
    for (let seq = 0n; seq < 2_000n; seq++) attempts.remember(seq, 7);
    attempts.remember(976n, 8);
    attempts.remember(2_000n, 7);
    expect([976n, 977n, 978n, 2_000n].map((seq) => attempts.next(seq))).toEqual([9, 1, 8, 8]);
  });
});
