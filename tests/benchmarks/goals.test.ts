import { judge, together, type Goal, type GoalReport, type Rounds } from '../../benchmarks/harness/goals.js';
import { only, type Heat } from '../../benchmarks/harness/heat.js';
import type { WindowFigures } from '../../benchmarks/harness/client-messages.js';
import { bytesPerSecond, cpuPerMib } from '../../benchmarks/harness/measures.js';
import type { Round } from '../../benchmarks/harness/rounds.js';

const GOAL: Goal = {
  name: 'G1',
  what: 'throughput / raw',
  ours: 'ours',
  peers: ['raw'],
  measure: bytesPerSecond,
  cost: cpuPerMib,
  bound: 'at least',
  hold: 0.65,
  reach: 0.9,
};

function window(gigabytes: number, cpuSeconds = 0.5): WindowFigures {
  return { seconds: 1, bytes: gigabytes * 1e9, records: 0, userUs: cpuSeconds * 1e6, systemUs: 0, foreign: 0, own: [] };
}

/** A round with a baseline of 4 GB/s, which is `again` at its end. */
function round(ours: number, { again = 4, clean = true, other = 2 } = {}): Round {
  return { windows: [window(4), window(ours, 0.75), window(other)], baselineAgain: window(again), clean };
}

const rounds = (...all: (number | Round)[]): Rounds => ({
  names: ['raw', 'ours', 'other'],
  rounds: all.map((one) => (typeof one === 'number' ? round(one) : one)),
  needed: 3,
});

describe('the verdict on a goal', () => {
  test('holds when the median of the ratios does, whatever single rounds do', () => {
    const report = judge(GOAL, rounds(3, 2, 3.5));
    expect(report.verdict).toBe('hold');
    expect(report.value).toEqual({ median: 0.75, min: 0.5, max: 0.875 });
  });

  test.each([
    [3.6, 'reach'],
    [2.6, 'hold'],
    [2.5, 'below'],
  ])('at %s of 4 GB/s is %s', (gigabytes, verdict) => {
    expect(judge(GOAL, rounds(gigabytes, gigabytes, gigabytes)).verdict).toBe(verdict);
  });

  test('of what should be small is below when it is large', () => {
    const goal: Goal = { ...GOAL, measure: cpuPerMib, bound: 'at most', hold: 1.2, reach: 1 };
    const report = judge(goal, rounds(4, 4, 4));
    expect([report.value?.median, report.verdict]).toEqual([1.5, 'below']);
  });

  test('compares with the peer that leaves it the worst', () => {
    const goal: Goal = { ...GOAL, peers: ['other', 'raw'] };
    expect(judge(goal, rounds(3, 3, 3)).value?.median).toBe(0.75);
  });

  test('says what the ratio would be by CPU alone', () => {
    // Half the bytes for one and a half times the CPU.
    expect(judge(GOAL, rounds(2, 2, 2)).byCpu).toBe(0.333);
  });

  test('without a peer judges the value itself', () => {
    const { peers: _, ...goal } = GOAL;
    expect(judge({ ...goal, measure: ({ seconds }) => seconds }, rounds(1, 1, 1)).value?.median).toBe(1);
  });

  test('is not measured with too few quiet rounds, even if the figures look good', () => {
    expect(judge(GOAL, rounds(3, 3, round(3, { clean: false }))).verdict).toBe('not-measured');
  });

  test('counts quiet rounds only once there are enough of them', () => {
    const report = judge(GOAL, rounds(3, 3, 3, round(0.4, { clean: false })));
    expect([report.verdict, report.value?.min]).toEqual(['hold', 0.75]);
  });

  test.each([3.5, 4.5])('is not measured when the baseline drifts within rounds, here to %s of 4 GB/s', (again) => {
    const drifting = round(3, { again });
    expect(judge(GOAL, rounds(drifting, drifting, drifting)).verdict).toBe('not-measured');
  });

  test('is not measured when a peer is missing, and says which', () => {
    const report = judge({ ...GOAL, peers: ['raw', 'Python'] }, rounds(3, 3, 3));
    expect([report.verdict, report.reason]).toEqual(['not-measured', 'Python missing']);
  });
});

describe('the verdict on all goals', () => {
  const all = (...verdicts: GoalReport['verdict'][]): string =>
    together(verdicts.map((verdict) => ({ name: '', what: '', bound: 'at least', hold: 0, reach: 0, verdict })));

  test('is that of the worst', () => {
    expect(all('reach', 'hold')).toBe('hold');
    expect(all('reach', 'not-measured')).toBe('not-measured');
    expect(all('not-measured', 'below', 'reach')).toBe('below');
  });
});

describe('a heat for some of its goals', () => {
  const entrant = (name: string): Heat['entrants'][0] => {
    return { name, topic: { name: '', id: 1, recordBytes: 1 }, runner: { node: '' } };
  };
  const heat: Heat = {
    title: '',
    entrants: [entrant('raw'), entrant('ours'), entrant('other'), entrant('extra')],
    goals: [
      { ...GOAL, ours: 'ours', peers: ['other'] },
      { ...GOAL, name: 'G2', ours: 'extra' },
    ],
  };

  test('keeps the baseline and who takes part in them', () => {
    expect(only(heat, new Set(['G1']))?.entrants.map(({ name }) => name)).toEqual(['raw', 'ours', 'other']);
    expect(only(heat, new Set(['G3']))).toBeUndefined();
  });
});
