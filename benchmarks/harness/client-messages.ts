import type { Target } from './client-program.js';

/** What a client process is started with: the compiled file of its program. */
export interface ClientPlan {
  readonly program: string;
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
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** CPUs used by processes other than ours; undefined where the system does not tell. */
  readonly foreign: number | undefined;
  /** CPUs used by each of the processes whose ids were given. */
  readonly own: readonly (number | undefined)[];
}
