import type { Target } from './client-program.js';
import type { Quantiles } from './statistics.js';

/** What a client process is started with: the compiled file of its program. */
export interface ClientPlan {
  readonly program: string;
  /** Garbage collection and gaps of the event loop are watched, which costs a little. */
  readonly watched: boolean;
}

/** Answered with `WindowFigures` and with a `Digest`. */
export type ClientQuestion =
  | { readonly ask: 'window'; readonly target: Target; readonly timing: Timing; readonly pids: readonly number[] }
  | { readonly ask: 'verify'; readonly target: Target; readonly records: number };

/** How long a client runs before it is measured, and how long the measured window is. */
export interface Timing {
  readonly settleMs: number;
  readonly windowMs: number;
}

/** What was measured in one window. */
export interface WindowFigures {
  readonly seconds: number;
  readonly bytes: number;
  readonly records: number;
  /** CPU time of the client, in microseconds. */
  readonly userUs: number;
  readonly systemUs: number;
  /** CPUs used by processes other than ours; undefined where the system does not tell. */
  readonly foreign?: number | undefined;
  /** CPUs used by each of the processes whose ids were given. */
  readonly own: readonly (number | undefined)[];
  /** From sending to acknowledgement, in microseconds, of clients that tell. */
  readonly latencyUs?: Quantiles;
  /** Of clients that are watched. */
  readonly watched?: WatchedFigures;
}

/** How evenly a process ran. */
export interface WatchedFigures {
  /** Share of the time in which garbage was collected. */
  readonly gcShare: number;
  /** How late the event loop was, in milliseconds: 99 of 100 turns were less. */
  readonly loopGapMs: number;
}
