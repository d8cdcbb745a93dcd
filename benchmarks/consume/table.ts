import { bytesPerSecond, cpuPerMib, cpuShare, medianOf, ratioOf } from '../harness/measures.js';
import { describeMachine } from '../harness/machine.js';
import { table } from '../harness/terminal.js';
import type { Spread } from '../harness/statistics.js';
import type { Entrant, ConsumeRun } from './run.js';
import type { ConsumeReport } from './verdict.js';

const HEADER = [
  'case',
  'GB/s',
  'of raw',
  '(min … max)',
  'CPU µs/MiB',
  'of raw',
  '(min … max)',
  'M records/s',
  'client CPU',
  'server CPU',
  'to hold',
];

/** The report for people. */
export function describe(
  entrants: readonly Entrant[],
  goals: ReadonlyMap<string, string>,
  run: ConsumeRun,
  needed: number,
  report: ConsumeReport,
): string {
  const clean = run.rounds.filter((round) => round.clean);
  const rounds = clean.length >= needed ? clean : run.rounds;
  const rows = entrants.map(({ name }, index) => {
    const records = medianOf(rounds, index, (window) => window.records / window.seconds / 1e6);
    const throughput = ratioOf(rounds, index, bytesPerSecond);
    const cpu = ratioOf(rounds, index, cpuPerMib);
    return [
      name,
      (medianOf(rounds, index, bytesPerSecond) / 1e9).toFixed(2),
      throughput.median.toFixed(2),
      range(throughput),
      medianOf(rounds, index, cpuPerMib).toFixed(0),
      cpu.median.toFixed(2),
      range(cpu),
      records === 0 ? '' : records.toFixed(1),
      percent(medianOf(rounds, index, cpuShare)),
      percent(medianOf(rounds, index, (window) => window.own[0] ?? NaN)),
      goals.get(name) ?? '',
    ];
  });
  return [
    describeMachine(),
    '',
    table(HEADER, rows),
    '',
    `Medians of ${rounds.length} rounds${rounds === clean ? '' : ' (too few were quiet: these figures judge nothing)'}; ratios are per round.`,
    `Rounds: ${clean.length} counted, ${run.rounds.length - clean.length} not. Windows: ${run.accepted} accepted, ${run.rejected} rejected as noisy. Raw against itself: ${report.aa.median.toFixed(2)} (${range(report.aa)}).`,
    `Verdict: ${report.verdict === 'not-measured' ? 'not measured, the machine was too noisy' : report.verdict}`,
  ].join('\n');
}

const range = ({ min, max }: Spread): string => `${min.toFixed(2)} … ${max.toFixed(2)}`;

const percent = (share: number): string => (Number.isNaN(share) ? '' : `${Math.round(share * 100)} %`);
