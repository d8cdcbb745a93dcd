import type { Fate } from '../../examples/flights/fates.js';
import { faultsOf, formatRun, type Run, type Summary } from '../../examples/flights/report.js';

const exact: Fate = { delivered: 204, acked: 199, nacked: 0, dead: 5, abandoned: 0 };

describe('the report', () => {
  it('finds no fault in exact sums', () => {
    expect(faultsOf(run({}))).toEqual([]);
  });

  it('misses a single flight', () => {
    const faults = faultsOf(run({ flights: { in: 16_076, trained: 15_675, dead: 400 } }));
    expect(faults).toEqual(['1 flight is missing: 16,076 went in, 15,675 were trained on, 400 are dead letters.']);
  });

  it('misses several, and says so when some were counted twice', () => {
    expect(faultsOf(run({ flights: { in: 10, trained: 5, dead: 2 } }))[0]).toMatch(/^3 flights are missing: /);
    expect(faultsOf(run({ flights: { in: 10, trained: 9, dead: 2 } }))[0]).toMatch(/^1 flight is counted twice: /);
  });

  it('lets flights be left over when it was stopped, but not counted twice', () => {
    expect(faultsOf(run({ flights: { in: 10, trained: 5, dead: 2 } }, { interrupted: true }))).toEqual([]);
    expect(faultsOf(run({ flights: { in: 10, trained: 9, dead: 2 } }, { interrupted: true }))).toHaveLength(1);
  });

  it('names the stream whose fates do not add up', () => {
    const streams = { 'lance:flights': exact, 'flo:mini-batches': { ...exact, acked: 198 } };
    const faults = ['flo:mini-batches delivered 204, but the fates add up to 203.'];
    expect(faultsOf(run({ streams }))).toEqual(faults);
    expect(faultsOf(run({ streams }, { interrupted: true }))).toEqual(faults);
  });

  it('names the place where other weights were found than the model has', () => {
    expect(faultsOf(run({}, { otherWeightsIn: ['kv', 'resources'] }))).toEqual([
      "Flo's KV has other weights than the model.",
      'The Lightning store has other weights than the model.',
    ]);
  });

  it('shows the fates as a table with aligned columns', () => {
    const streams = { 'lance:flights': exact, 'flo:mini-batches': { ...exact, delivered: 1_205, acked: 1_199 } };
    const text = formatRun(run({ streams }));
    const rows = text.split('\n').filter((row) => /^ (stream|lance:|flo:)/.test(row));
    expect(rows).toEqual([
      ' stream             delivered   acked   nacked   dead   abandoned   sum',
      ' lance:flights            204     199        0      5           0   exact',
      ' flo:mini-batches       1,205   1,199        0      5           0   off by 1',
    ]);
    expect(text).not.toContain('\u001b');
  });

  it('says in its first line where all flights are', () => {
    const first = (summary: Partial<Summary>, more: Partial<Run> = {}) => formatRun(run(summary, more)).split('\n')[0];
    expect(first({})).toBe('16,076 flights in = 15,676 trained + 400 dead');
    const flights = { in: 16_076, trained: 9_000, dead: 76 };
    expect(first({ flights })).toBe('16,076 flights in = 9,000 trained + 76 dead + 7,000 missing');
    expect(first({ flights }, { interrupted: true })).toMatch(/ \+ 7,000 left when the run was stopped$/);
  });

  it('says so when flights were trained on and are dead letters too', () => {
    const flights = { in: 10, trained: 8, dead: 2, both: 3 };
    expect(faultsOf(run({ flights }))).toEqual([]);
    expect(formatRun(run({ flights })).split('\n').slice(0, 2)).toEqual([
      '10 flights in = 8 trained + 2 dead',
      '3 of the trained are among the dead letters too: the log holds them twice.',
    ]);
  });

  it('has other words for the sum where the queue delivers at most once', () => {
    const flights = { in: 16_076, trained: 15_600, dead: 400 };
    const atMostOnce = run({ flights, guarantee: 'at-most-once' });
    const [sum, why] = formatRun(atMostOnce).split('\n');
    expect(sum).toBe('16,076 flights in = 15,600 trained + 400 failed + 76 lost on the way');
    expect(why).toMatch(/forgets what it hands out \(at-most-once\)/);
    // What may be lost there is no fault; what is counted twice is one anywhere.
    expect(faultsOf(atMostOnce)).toEqual([]);
    const twice = { in: 10, trained: 9, dead: 2 };
    expect(faultsOf(run({ flights: twice, guarantee: 'at-most-once' }))).toHaveLength(1);
  });

  it('compares the model with the training mean', () => {
    expect(formatRun(run({}))).toContain(
      "squared error 875.0 on 3,924 later flights, 5.0 % below the training mean's 921.1",
    );
    expect(formatRun(run({ model: { baselineError: 100, error: 110 } }))).toContain('10.0 % above');
  });
});

function run(summary: Partial<Summary>, more: Partial<Run> = {}): Run {
  return {
    summary: {
      flights: { in: 16_076, trained: 15_676, dead: 400 },
      streams: { 'lance:flights': exact },
      model: { baselineError: 921.1, error: 875 },
      seconds: 3.21,
      peakRssMiB: 120.4,
      ...summary,
    },
    otherWeightsIn: [],
    curve: [
      { flights: 0, error: 970 },
      { flights: 8_000, error: 900 },
      { flights: 15_676, error: 875 },
    ],
    testFlights: 3_924,
    throughput: { produced: 100_000, trained: 23_456.7 },
    interrupted: false,
    ...more,
  };
}
