import type { WindowFigures } from './client-messages.js';
import { agrees, drift } from './measures.js';
import type { Round } from './rounds.js';
import { round, rounded, spread, type Spread } from './statistics.js';

/** What must be reached, and what would be fine: a measure of one contestant, by itself or as a share of a peer's. */
export interface Goal {
  /** As the list of goals calls it, such as `G7`. */
  readonly name: string;
  readonly what: string;
  /** The name of the contestant that is judged. */
  readonly ours: string;
  /** What it is compared with in the same round; of several, with the one that leaves it the worst. */
  readonly peers?: readonly string[];
  readonly measure: (window: WindowFigures) => number;
  readonly bound: 'at least' | 'at most';
  readonly hold: number;
  readonly reach: number;
  /** Where more is better because of the client's CPU: its measure, of which less is better. */
  readonly cost?: (window: WindowFigures) => number;
  /** Held instead by quick runs, which only notice what is broken. */
  readonly floor?: number;
}

export type Verdict = 'reach' | 'hold' | 'below' | 'not-measured';

/** How far one goal is reached. */
export interface GoalReport {
  readonly name: string;
  readonly what: string;
  /** Per round; absent when a contestant is missing. */
  readonly value?: Spread;
  readonly bound: Goal['bound'];
  readonly hold: number;
  readonly reach: number;
  /** What the ratio would be if CPU were all that matters: it moves less on a busy machine. Judges nothing. */
  readonly byCpu?: number;
  readonly verdict: Verdict;
  /** Why nothing was measured. */
  readonly reason?: string;
}

/** The rounds of one heat, and who took part in them. */
export interface Rounds {
  /** In the order of the windows of a round. */
  readonly names: readonly string[];
  readonly rounds: readonly Round[];
  /** How many clean ones it takes to judge. */
  readonly needed: number;
}

/** The rounds that count: the clean ones when there are enough of them, else all, which then judge nothing. */
export function counted({ rounds, needed }: Rounds): { readonly rounds: readonly Round[]; readonly enough: boolean } {
  const clean = rounds.filter((round) => round.clean);
  return clean.length >= needed ? { rounds: clean, enough: true } : { rounds, enough: false };
}

/** Judges by clean rounds only. With too few of them, noisy ones are shown and nothing is judged. */
export function judge(goal: Goal, run: Rounds): GoalReport {
  const { name, what, bound, hold, reach } = goal;
  const missing = [goal.ours, ...(goal.peers ?? [])].filter((one) => !run.names.includes(one));
  const report = { name, what, bound, hold, reach };
  if (missing.length > 0) return { ...report, verdict: 'not-measured', reason: `${missing.join(', ')} missing` };

  const { rounds, enough } = counted(run);
  const value = rounded(worst(goal, run.names, rounds));
  const cost = byCost(goal, run.names, rounds);
  const seen = { ...report, value, ...(cost === undefined ? {} : { byCpu: round(cost) }) };
  if (!enough) return { ...seen, verdict: 'not-measured', reason: 'too noisy' };
  if (!agrees(drift(rounds))) return { ...seen, verdict: 'not-measured', reason: 'the control moved' };
  return { ...seen, verdict: verdictOf(value.median, goal) };
}

/** One verdict for all: what is below decides, then what was not measured. */
export function together(reports: readonly GoalReport[]): Exclude<Verdict, 'reach'> {
  if (reports.some(({ verdict }) => verdict === 'below')) return 'below';
  return reports.some(({ verdict }) => verdict === 'not-measured') ? 'not-measured' : 'hold';
}

function worst(goal: Goal, names: readonly string[], rounds: readonly Round[]): Spread {
  const { ours, peers = [], measure, bound } = goal;
  if (peers.length === 0) return spread(rounds.map(({ windows }) => measure(windows[names.indexOf(ours)]!)));
  const all = peers.map((peer) => spread(ratios(ours, peer, measure, names, rounds)));
  all.sort((a, b) => (bound === 'at least' ? a.median - b.median : b.median - a.median));
  return all[0]!;
}

function byCost(
  { ours, peers = [], cost }: Goal,
  names: readonly string[],
  rounds: readonly Round[],
): number | undefined {
  if (cost === undefined) return undefined;
  return Math.min(...peers.map((peer) => spread(ratios(peer, ours, cost, names, rounds)).median));
}

function ratios(
  one: string,
  other: string,
  measure: Goal['measure'],
  names: readonly string[],
  rounds: readonly Round[],
): number[] {
  return rounds.map(({ windows }) => measure(windows[names.indexOf(one)]!) / measure(windows[names.indexOf(other)]!));
}

export function verdictOf(value: number, { bound, hold, reach }: Pick<Goal, 'bound' | 'hold' | 'reach'>): Verdict {
  const meets = (limit: number): boolean => (bound === 'at least' ? value >= limit : value <= limit);
  if (meets(reach)) return 'reach';
  return meets(hold) ? 'hold' : 'below';
}
