import type { TopicPlan } from '../fake-server/synthetic-topic.js';
import type { Settings } from './client-program.js';
import type { Goal } from './goals.js';

/** What runs as a client: a program of this folder, the official Python client, or Lance's own benchmark client. */
export type Runner =
  | { readonly node: string; readonly watched?: true }
  | { readonly python: 'consume' | 'send-batch' | 'send-async' | 'send-many' | 'send' }
  | { readonly rust: RustSettings };

/** Options of Lance's own benchmark client. */
export interface RustSettings {
  readonly connections: number;
  readonly batchBytes: number;
  readonly inFlight: number;
}

/** One way to read or write, as reports name it. */
export interface Entrant {
  readonly name: string;
  readonly runner: Runner;
  readonly topic: TopicPlan;
  readonly settings?: Settings;
  /** Its records are compared with what the other side has before anything is measured. */
  readonly verify?: 'what is read' | 'what is written';
  /** Shown only: no goal needs it. */
  readonly extra?: true;
}

/** Clients that are measured beside each other, round by round; the first is the baseline. */
export interface Heat {
  readonly title: string;
  readonly entrants: readonly [Entrant, ...Entrant[]];
  readonly goals: readonly Goal[];
  /** What is said of it below its table. */
  readonly note?: string;
  /** Every round has new processes: where the memory of one lies is chance, and lasts as long as it. */
  readonly anew?: true;
  /** How long its clients have been at it when a window begins, where that differs from the rest. */
  readonly settleMs?: number;
  /** How long its windows are, where that differs from the rest. */
  readonly windowMs?: number;
}

/** The heat with those goals only, and with those who take part in them; undefined when it has none of them. */
export function only(heat: Heat, wanted: ReadonlySet<string>): Heat | undefined {
  const goals = heat.goals.filter(({ name }) => wanted.has(name));
  if (goals.length === 0) return undefined;
  const names = new Set(goals.flatMap(({ ours, peers = [] }) => [ours, ...peers]));
  const [baseline, ...others] = heat.entrants;
  return { ...heat, goals, entrants: [baseline, ...others.filter(({ name }) => names.has(name))] };
}
