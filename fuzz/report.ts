import type { Tally } from './tally.js';
import { FuzzFailure, worldOf } from './world.js';

const grouped = (count: number): string => count.toLocaleString('en-US');
/** A line of hex is of use to somebody who reads it. */
const MOST_HEX = 4_000;

export interface Figures {
  readonly seed: number;
  readonly seconds: number;
  readonly memoryBytes: number;
}

/** What a run has come to, for people. */
export function summary(tally: Tally, { seed, seconds, memoryBytes }: Figures): string {
  const { frames, sealed, bySide, accepted, refused } = tally;
  const share = ((100 * sealed) / Math.max(1, frames)).toFixed(0);
  const memory = memoryBytes === 0 ? '' : `, ${(memoryBytes / 2 ** 20).toFixed(0)} MiB in use at most`;
  return [
    `fuzz: ${grouped(frames)} mutated frames in ${seconds.toFixed(1)} s, ${grouped(Math.round(frames / seconds))} a second, ` +
      `seed ${seed}: nothing found${memory}`,
    `  ${grouped(bySide.server)} to clients, ${grouped(bySide.client)} to servers; ${share} % with checksums sealed again`,
    `  accepted   ${listed(accepted)}`,
    `  refused    ${listed(refused)}`,
  ].join('\n');
}

/** What was wrong, and how to see it again. */
export function failure(error: unknown, seed: number, at: number): string {
  const number = error instanceof FuzzFailure ? error.number : at;
  const cause = error instanceof FuzzFailure ? error.cause : error;
  const lines = [`fuzz: FAILED in case ${number}, seed ${seed}`, inWords(cause)];
  if (error instanceof FuzzFailure) {
    const hex = Buffer.from(error.bytes).toString('hex');
    lines.push(`What the ${error.side} said: ${hex.length > MOST_HEX ? `${hex.slice(0, MOST_HEX)}…` : hex}`);
  }
  return [...lines, `Again: ${again(seed, number)}`].join('\n');
}

/** The command that repeats a case, with all of its world before it. */
export function again(seed: number, number: number): string {
  const from = worldOf(number);
  return `npm run fuzz -- --seed ${seed} --from ${from} --frames ${number - from + 1}`;
}

function inWords(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause instanceof AggregateError ? cause.errors.map((error) => `\n  ${inWords(error)}`).join('') : '';
  return `${cause.stack ?? String(cause)}${inner}`;
}

function listed(counts: ReadonlyMap<string, number>): string {
  const most = [...counts].toSorted(([, a], [, b]) => b - a);
  return most.map(([what, count]) => `${grouped(count)} ${what}`).join(' · ');
}
