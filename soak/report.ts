import type { Sums } from './part.js';
import { worldOf } from './voyage.js';
import type { NotExactError, WorldPlan } from './world.js';

const grouped = (count: number): string => count.toLocaleString('en-US');

/** What the whole soak has come to, for people. */
export function summary(sums: WorldPlan['sums']): string {
  const { misfortunes, ...parts } = sums;
  const lines = Object.entries(parts).map(([name, counts]) => `  ${name.padEnd(10)} ${listed(counts)}`);
  const all = [...misfortunes.values()].reduce((sum, count) => sum + count, 0);
  return [...lines, `  ${grouped(all)} misfortunes of ${misfortunes.size} kinds`].join('\n');
}

/** What was wrong, what had happened before, and how to see it again. */
export function failure({ hour, complaints, misfortunes, cause }: NotExactError, seed: number): string {
  const from = worldOf(hour);
  return [
    `soak: FAILED in hour ${hour}, seed ${seed}`,
    ...complaints.map((what) => `  ${what}`),
    ...(cause instanceof Error ? [String(cause.stack)] : []),
    `The last misfortunes of that hour:`,
    ...misfortunes.map((what) => `  ${what}`),
    `Again: npm run soak -- --seed ${seed} --from ${from} --hours ${hour - from + 1}`,
  ].join('\n');
}

function listed(counts: Sums): string {
  return Array.from(counts, ([what, count]) => `${grouped(count)} ${what}`).join(' · ');
}
