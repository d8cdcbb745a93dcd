import { judge } from '../../benchmarks/consume/verdict.js';
import type { WindowFigures } from '../../benchmarks/harness/client-messages.js';
import type { Round } from '../../benchmarks/harness/rounds.js';

const CASE = { name: 'consume', recordBytes: 1024, index: 1, hold: 0.65 };

function window(gigabytes: number, cpuSeconds: number): WindowFigures {
  const memory = { heapUsed: 0, external: 0, rss: 0 };
  const cpu = { userUs: cpuSeconds * 1e6, systemUs: 0 };
  return { seconds: 1, bytes: gigabytes * 1e9, records: 0, ...cpu, ...memory, foreign: 0, own: [] };
}

/** A round with a baseline of 4 GB/s, which is `again` at its end. */
function round(ours: number, { again = 4, clean = true } = {}): Round {
  return { windows: [window(4, 0.5), window(ours, 0.75)], baselineAgain: window(again, 0.5), clean };
}

const rounds = (...ours: number[]): Round[] => ours.map((gigabytes) => round(gigabytes));

describe('the verdict of a consume run', () => {
  test('holds when the median of the ratios reaches the goal, whatever single rounds do', () => {
    const report = judge(rounds(3, 2, 3.6), [CASE], 3);
    expect(report.verdict).toBe('hold');
    expect(report.cases[0]?.ratio).toEqual({ median: 0.75, min: 0.5, max: 0.9 });
  });

  test('is below when one case misses its goal', () => {
    const cases = [CASE, { ...CASE, hold: 0.8 }];
    expect(judge(rounds(3, 3, 3), cases, 3).verdict).toBe('below');
  });

  test('is not measured with too few quiet rounds, even if the figures look good', () => {
    const noisy = [...rounds(3, 3), round(3, { clean: false })];
    expect(judge(noisy, [CASE], 3).verdict).toBe('not-measured');
  });

  test('counts quiet rounds only once there are enough of them', () => {
    const report = judge([...rounds(3, 3, 3), round(0.4, { clean: false })], [CASE], 3);
    expect(report.verdict).toBe('hold');
    expect(report.cases[0]?.ratio.min).toBe(0.75);
  });

  test.each([3.5, 4.5])('is not measured when the baseline drifts within rounds, here to %s of 4 GB/s', (again) => {
    const report = judge([round(3, { again }), round(3, { again }), round(3, { again })], [CASE], 3);
    expect(report.verdict).toBe('not-measured');
  });

  test('compares CPU per byte, not per second', () => {
    const report = judge(rounds(2, 2, 2), [CASE], 3);
    expect(report.cases[0]?.cpuRatio.median).toBe(3);
  });
});
