import type { ClientQuestion, Timing, WindowFigures } from './client-messages.js';
import type { Target } from './client-program.js';
import type { NoiseGate } from './gate.js';
import type { Respondent } from './questions.js';

/** A client that takes part. The first of all is the baseline. */
export interface Contestant {
  readonly name: string;
  readonly client: Respondent<ClientQuestion>;
  readonly target: Target;
}

/** One window of every contestant, taken one after the other, and the baseline once more at the end. */
export interface Round {
  readonly windows: readonly WindowFigures[];
  readonly baselineAgain: WindowFigures;
  /** Every window was quiet. */
  readonly clean: boolean;
}

/** How the rounds are run. */
export interface RoundsPlan {
  readonly contestants: readonly Contestant[];
  /** The process whose CPU share is reported beside the client's. */
  readonly serverPid: number;
  readonly gate: NoiseGate;
  readonly rounds: number;
  readonly warmUp: Timing;
  readonly timing: Timing;
  readonly progress: (text: string) => void;
}

/** Warms every process up, then runs rounds until enough were clean or time is up. */
export async function runRounds(plan: RoundsPlan): Promise<Round[]> {
  for (const contestant of plan.contestants) {
    plan.progress(`warming up: ${contestant.name}`);
    await measure(plan, contestant, plan.warmUp);
  }
  const rounds: Round[] = [];
  const clean = (): number => rounds.filter((round) => round.clean).length;
  while (clean() < plan.rounds && (rounds.length === 0 || !plan.gate.late)) {
    const name = `round ${rounds.length + 1} (${clean()} of ${plan.rounds} done, ${plan.gate.rejected} noisy windows)`;
    rounds.push(await runRound(plan, name));
  }
  return rounds;
}

async function runRound(plan: RoundsPlan, name: string): Promise<Round> {
  const windows: WindowFigures[] = [];
  let clean = true;
  for (const contestant of [...plan.contestants, plan.contestants[0]!]) {
    plan.progress(`${name}: ${contestant.name}`);
    const window = await plan.gate.pass(async () => measure(plan, contestant, plan.timing));
    windows.push(window.figures);
    clean &&= window.clean;
  }
  return { windows: windows.slice(0, -1), baselineAgain: windows.at(-1)!, clean };
}

async function measure(plan: RoundsPlan, { client, target, name }: Contestant, timing: Timing): Promise<WindowFigures> {
  const pids = [plan.serverPid, client.pid, process.pid];
  const figures = await client.ask<WindowFigures>({ ask: 'window', target, timing, pids });
  if (figures.bytes === 0) throw new Error(`${name} received nothing in ${figures.seconds.toFixed(2)} s`);
  return figures;
}
