import type { Round } from '../harness/rounds.js';
import { rounded, type Spread } from '../harness/statistics.js';
import { agrees, bytesPerSecond, cpuPerMib, drift, ratioOf } from '../harness/measures.js';

export type Verdict = 'hold' | 'below' | 'not-measured';

/** What `--json` prints. */
export interface ConsumeReport {
  readonly cases: readonly CaseReport[];
  /** The baseline against itself. */
  readonly aa: Spread;
  readonly verdict: Verdict;
}

export interface CaseReport {
  readonly name: string;
  readonly recordBytes: number;
  /** Throughput divided by the raw socket's, per round. */
  readonly ratio: Spread;
  /** Client CPU per MiB divided by the raw socket's, per round. */
  readonly cpuRatio: Spread;
}

/** A case as it is judged: which contestant of the rounds it is, and what it has to reach. */
export interface JudgedCase {
  readonly name: string;
  readonly recordBytes: number;
  readonly index: number;
  readonly hold: number;
}

/** Judges by clean rounds only. With too few of them, noisy ones are shown and nothing is judged. */
export function judge(rounds: readonly Round[], cases: readonly JudgedCase[], needed: number): ConsumeReport {
  const clean = rounds.filter((round) => round.clean);
  const enough = clean.length >= needed;
  const counted = enough ? clean : rounds;
  const aa = drift(counted);
  const reports = cases.map(({ name, recordBytes, index }) => ({
    name,
    recordBytes,
    ratio: rounded(ratioOf(counted, index, bytesPerSecond)),
    cpuRatio: rounded(ratioOf(counted, index, cpuPerMib)),
  }));
  const holds = reports.every(({ ratio }, at) => ratio.median >= cases[at]!.hold);
  return {
    cases: reports,
    aa: rounded(aa),
    verdict: enough && agrees(aa) ? (holds ? 'hold' : 'below') : 'not-measured',
  };
}
