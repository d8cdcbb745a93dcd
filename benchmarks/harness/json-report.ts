import { counted, type GoalReport, type Verdict } from './goals.js';
import {
  bytesPerSecond,
  cpuPerMib,
  drift,
  latencyP50,
  latencyP99,
  medianOf,
  ratioOf,
  recordsPerSecond,
} from './measures.js';
import type { HeatRun } from './run-heat.js';
import { round, rounded, type Spread } from './statistics.js';

/** One entrant of a heat. */
export interface CaseReport {
  readonly name: string;
  readonly recordBytes: number;
  /** Throughput divided by the baseline's, per round. */
  readonly ratio: Spread;
  /** Client CPU per MiB divided by the baseline's, per round. */
  readonly cpuRatio: Spread;
  readonly bytesPerSecond: number;
  readonly recordsPerSecond: number;
  readonly latencyUs?: { readonly p50: number; readonly p99: number };
}

/** One line of `--json`: cases and control are those of the first heat, the rest is in `heats`. */
export interface Report {
  readonly cases: readonly CaseReport[];
  /** The baseline against itself. */
  readonly aa: Spread;
  readonly heats: readonly { readonly title: string; readonly cases: readonly CaseReport[]; readonly aa: Spread }[];
  readonly goals: readonly GoalReport[];
  readonly verdict: Verdict;
}

export function asJson(runs: readonly HeatRun[], goals: readonly GoalReport[], verdict: Verdict): Report {
  const heats = runs.map((run) => {
    const { rounds } = counted(run);
    const cases = run.entrants.map(({ name, topic }, index): CaseReport => {
      const p50 = medianOf(rounds, index, latencyP50);
      return {
        name,
        recordBytes: topic.recordBytes,
        ratio: rounded(ratioOf(rounds, index, bytesPerSecond)),
        cpuRatio: rounded(ratioOf(rounds, index, cpuPerMib)),
        bytesPerSecond: round(medianOf(rounds, index, bytesPerSecond), 0),
        recordsPerSecond: round(medianOf(rounds, index, recordsPerSecond), 0),
        ...(Number.isNaN(p50) ? {} : { latencyUs: { p50, p99: medianOf(rounds, index, latencyP99) } }),
      };
    });
    return { title: run.heat.title, cases, aa: rounded(drift(rounds)) };
  });
  const [first] = runs;
  const judged = new Set(first?.heat.goals.map(({ ours }) => ours));
  return {
    cases: heats[0]?.cases.filter(({ name }) => judged.has(name)) ?? [],
    aa: heats[0]?.aa ?? { median: NaN, min: NaN, max: NaN },
    heats,
    goals,
    verdict,
  };
}
