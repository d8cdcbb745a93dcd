import { answerWithin } from './answer-within.js';
import type { ClientQuestion, Timing, WindowFigures } from './client-messages.js';
import type { Asked } from './asked.js';
import type { Target } from './client-program.js';
import type { NoiseGate } from './gate.js';
import { agrees, drift, driftOf } from './measures.js';
import type { Progress } from './terminal.js';

/** A client that takes part. The first of all is the baseline. */
export interface Contestant {
  readonly name: string;
  client: Asked<ClientQuestion>;
  /** Starts another process in its place. */
  readonly renew?: () => Asked<ClientQuestion>;
  /** Where it works in its next window; `leave` is called when that is over. */
  enter(): Promise<Target>;
  leave(target: Target): Promise<void>;
}

/** One window of every contestant, taken one after the other, and the baseline once more at the end. */
export interface Round {
  readonly windows: readonly WindowFigures[];
  readonly baselineAgain: WindowFigures;
  /** Every window was quiet, and the baseline was much the same at both ends. */
  readonly clean: boolean;
}

/** How the rounds are run. */
export interface RoundsPlan {
  readonly contestants: readonly Contestant[];
  /** The process whose CPU share is reported beside the client's, if it runs on this machine. */
  readonly serverPid: number | undefined;
  readonly gate: NoiseGate;
  readonly rounds: number;
  readonly warmUp: Timing;
  readonly timing: Timing;
  readonly progress: Progress;
}

/** How long after its window a client may say what it was; some finish first what they have begun. */
const WINDOW_PATIENCE_MS = 60_000;

/** How far the baseline may move within one round that counts. */
const STEADY = { from: 0.8, to: 1.25 };

/** Warms every process up, then runs rounds until enough were clean and the baseline agrees with itself, or time is up. */
export async function runRounds(plan: RoundsPlan): Promise<Round[]> {
  for (const contestant of plan.contestants) await warmUp(plan, contestant);
  const rounds: Round[] = [];
  while (!suffice(rounds, plan.rounds)) {
    // The first one is finished even if it is noisy, so that there is something to show.
    const first = rounds.length === 0;
    if (!first && plan.gate.late) break;
    if (!first) await renew(plan);
    const round = await runRound(plan, `round ${rounds.length + 1} of ${plan.rounds}`, first);
    if (round !== undefined) rounds.push(round);
  }
  return rounds;
}

async function warmUp(plan: RoundsPlan, contestant: Contestant): Promise<void> {
  plan.progress('warming up', contestant.name);
  // Twice: what was compiled for the objects of one session is thrown away when it meets those of the next.
  for (let session = 0; session < 2; session++) await measure(plan, contestant, plan.warmUp);
}

async function renew(plan: RoundsPlan): Promise<void> {
  for (const contestant of plan.contestants) {
    if (contestant.renew === undefined) continue;
    contestant.client.release();
    contestant.client = contestant.renew();
    await warmUp(plan, contestant);
  }
}

function suffice(rounds: readonly Round[], needed: number): boolean {
  const clean = rounds.filter((round) => round.clean);
  return clean.length >= needed && agrees(drift(clean));
}

/** Undefined when a window stayed noisy and the round need not be finished. */
async function runRound(plan: RoundsPlan, name: string, finish: boolean): Promise<Round | undefined> {
  const windows: WindowFigures[] = [];
  let clean = true;
  for (const contestant of [...plan.contestants, plan.contestants[0]!]) {
    plan.progress(name, `${contestant.name}, ${plan.gate.rejected} noisy windows so far`);
    const window = await plan.gate.pass(async () => measure(plan, contestant, plan.timing));
    windows.push(window.figures);
    clean &&= window.clean;
    if (!clean && !finish) return undefined;
  }
  const round = { windows: windows.slice(0, -1), baselineAgain: windows.at(-1)!, clean };
  // What slows a whole machine down, such as a neighbour on the same host, shows in no process's books.
  return { ...round, clean: clean && isSteady(round) };
}

function isSteady(round: Round): boolean {
  const drift = driftOf(round);
  return drift >= STEADY.from && drift <= STEADY.to;
}

async function measure(plan: RoundsPlan, contestant: Contestant, timing: Timing): Promise<WindowFigures> {
  const { client, name } = contestant;
  const pids = [client.pid, process.pid, ...(plan.serverPid === undefined ? [] : [plan.serverPid])];
  const target = await contestant.enter();
  try {
    const answer = client.ask<WindowFigures>({ ask: 'window', target, timing, pids });
    const patienceMs = timing.settleMs + timing.windowMs + WINDOW_PATIENCE_MS;
    const figures = await answerWithin(patienceMs, `${name}: the end of its window`, answer);
    if (figures.bytes === 0) throw new Error(`${name}: nothing moved in ${figures.seconds.toFixed(2)} s`);
    return figures;
  } finally {
    await contestant.leave(target);
  }
}
