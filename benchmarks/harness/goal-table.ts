import type { GoalReport, Verdict } from './goals.js';
import { table } from './terminal.js';

const WORDS: Readonly<Record<Verdict, string>> = {
  reach: 'reach',
  hold: 'hold',
  below: 'BELOW',
  'not-measured': 'not measured',
};

/** Every goal with what came out, for people. */
export function describeGoals(reports: readonly GoalReport[]): string {
  const rows = reports.map(({ name, what, value, byCpu, bound, hold, reach, verdict, reason }) => [
    `${name} ${what}`,
    value === undefined ? '' : digits(value.median),
    value === undefined ? '' : `${digits(value.min)} … ${digits(value.max)}`,
    byCpu === undefined ? '' : digits(byCpu),
    `${bound === 'at least' ? '≥' : '≤'} ${hold}`,
    `${reach}`,
    `${WORDS[verdict]}${reason === undefined ? '' : ` (${reason})`}`,
  ]);
  return table(['goal', 'median', 'min … max', 'by CPU', 'to hold', 'to reach', 'verdict'], rows);
}

const digits = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
