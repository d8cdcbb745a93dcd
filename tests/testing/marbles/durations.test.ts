import { asProgression, inWords } from '../../../src/testing/marbles/durations.js';

describe('durations', () => {
  it.each<[number, string, string]>([
    [0, '0 ms', '0m'],
    [4, '4 ms', '4ms'],
    [0.5, '0.5 ms', '0.5ms'],
    [1000, '1 s', '1s'],
    [1500, '1.5 s', '1500ms'],
    [5001, '5.001 s', '5001ms'],
    [19_999, '19.999 s', '19s 999ms'],
    [60_000, '1 min', '1m'],
    [90_000, '1 min 30 s', '1m 30s'],
    [3_600_000, '1 h', '60m'],
    [3_661_001, '1 h 1 min 1.001 s', '61m 1s 1ms'],
    [60_000.25, '1 min 0.00025 s', '1m 0.25ms'],
  ])('%d ms', (ms, words, progression) => {
    expect(inWords(ms)).toBe(words);
    expect(asProgression(ms)).toBe(progression);
  });

  it('before the beginning, and never', () => {
    expect(inWords(-4)).toBe('-4 ms');
    expect(inWords(Number.POSITIVE_INFINITY)).toBe('never');
  });
});
