import { counted } from './goals.js';
import {
  bytesPerSecond,
  cpuPerMib,
  cpuShare,
  drift,
  latencyP50,
  latencyP99,
  medianOf,
  ratioOf,
  recordsPerSecond,
  serverCpu,
} from './measures.js';
import type { HeatRun } from './run-heat.js';
import type { Spread } from './statistics.js';
import { table } from './terminal.js';

const HEADER = [
  'MB/s',
  'of first',
  '(min … max)',
  'CPU µs/MiB',
  'of first',
  '(min … max)',
  'k records/s',
  'p50 µs',
  'p99 µs',
  'client CPU',
  'server CPU',
];

/** One heat for people: a row per entrant, medians of the rounds that count; columns that say nothing are left out. */
export function describeHeat(run: HeatRun): string {
  const { heat, names, accepted, rejected } = run;
  const { rounds, enough } = counted(run);
  const rows = names.map((name, index) => {
    const throughput = ratioOf(rounds, index, bytesPerSecond);
    const cpu = ratioOf(rounds, index, cpuPerMib);
    return [
      name,
      number(medianOf(rounds, index, bytesPerSecond) / 1e6),
      throughput.median.toFixed(2),
      range(throughput),
      number(medianOf(rounds, index, cpuPerMib)),
      cpu.median.toFixed(2),
      range(cpu),
      number(medianOf(rounds, index, recordsPerSecond) / 1e3),
      number(medianOf(rounds, index, latencyP50)),
      number(medianOf(rounds, index, latencyP99)),
      percent(medianOf(rounds, index, cpuShare)),
      percent(medianOf(rounds, index, serverCpu)),
    ];
  });
  const clean = run.rounds.filter((round) => round.clean).length;
  const control = drift(rounds);
  return [
    table(...filled(['', ...HEADER], rows)),
    '',
    ...(heat.note === undefined ? [] : [heat.note]),
    `Medians of ${rounds.length} rounds${enough ? '' : ' (too few were quiet: these figures judge nothing)'}; ratios are per round.`,
    `Rounds: ${clean} counted, ${run.rounds.length - clean} not. Windows: ${accepted} accepted, ${rejected} rejected as noisy. ${names[0]} against itself: ${control.median.toFixed(2)} (${range(control)}).`,
  ].join('\n');
}

/** Without the columns that are empty in every row. */
function filled(header: readonly string[], rows: readonly string[][]): [string[], string[][]] {
  const kept = header.map((_, column) => column === 0 || rows.some((row) => row[column] !== ''));
  const strip = (row: readonly string[]): string[] => row.filter((_, column) => kept[column]);
  return [strip(header), rows.map(strip)];
}

/** Three digits that matter; nothing for what was not measured. */
function number(value: number): string {
  if (!Number.isFinite(value) || value === 0) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

const range = ({ min, max }: Spread): string => `${min.toFixed(2)} … ${max.toFixed(2)}`;

const percent = (share: number): string => (Number.isFinite(share) ? `${Math.round(share * 100)} %` : '');
