import type { Asked } from './asked.js';
import type { ClientPlan, ClientQuestion } from './client-messages.js';
import type { Compiled } from './compile.js';
import type { Effort } from './effort.js';
import { NoiseGate } from './gate.js';
import type { Rounds } from './goals.js';
import type { Ground } from './ground.js';
import type { Entrant, Heat } from './heat.js';
import { startProcess } from './processes.js';
import { PythonClient } from './python-client.js';
import { RustClient } from './rust-client.js';
import { runRounds, type Contestant } from './rounds.js';
import type { Progress } from './terminal.js';

export const CLIENT = 'harness/client-process';

/** What heats share. */
export interface Course {
  readonly compiled: Compiled;
  readonly effort: Effort;
  readonly progress: Progress;
  /** For Node clients, such as those that write profiles. */
  readonly nodeOptions: readonly string[];
  /** The Python that has the official client. */
  readonly python: string | undefined;
  /** Lance's own benchmark client. */
  readonly rust: string | undefined;
}

export interface HeatRun extends Rounds {
  readonly heat: Heat;
  /** Those that took part. */
  readonly entrants: readonly Entrant[];
  readonly accepted: number;
  readonly rejected: number;
}

/** Runs all entrants of a heat for which there is a client. */
export async function runHeat(heat: Heat, ground: Ground, course: Course): Promise<HeatRun> {
  const { effort, progress } = course;
  const entrants: Entrant[] = [];
  const contestants: Contestant[] = [];
  try {
    for (const entrant of heat.entrants) {
      const client = start(entrant, ground, course);
      if (client === undefined) continue;
      entrants.push(entrant);
      contestants.push({
        name: entrant.name,
        client,
        ...(heat.anew ? { renew: () => start(entrant, ground, course) ?? client } : {}),
        enter: async () => ground.enter(entrant),
        leave: async (target) => ground.leave(entrant, target),
      });
    }
    for (const entrant of entrants) await verify(entrant, ground, course);
    const { serverPid } = ground;
    const pids = [...new Set([process.pid, ...contestants.map(({ client }) => client.pid), serverPid ?? process.pid])];
    const gate = new NoiseGate(effort.gate, pids, performance.now() + effort.budgetMs);
    const { settleMs = effort.timing.settleMs, windowMs = effort.timing.windowMs } = heat;
    const timing = { settleMs, windowMs };
    const { rounds: needed, warmUp } = effort;
    const rounds = await runRounds({ contestants, serverPid, gate, rounds: needed, warmUp, timing, progress });
    const names = entrants.map(({ name }) => name);
    return { heat, entrants, names, rounds, needed, accepted: gate.accepted, rejected: gate.rejected };
  } finally {
    for (const { client } of contestants) client.release();
  }
}

/** In a process of its own: V8 would make other code for what is timed, having seen where the compared values come from. */
async function verify(entrant: Entrant, ground: Ground, course: Course): Promise<void> {
  if (entrant.verify === undefined) return;
  const client = start(entrant, ground, course);
  if (client === undefined) return;
  try {
    course.progress('verifying', entrant.name);
    await ground.verify(entrant, client);
  } finally {
    client.release();
  }
}

function start({ runner }: Entrant, ground: Ground, course: Course): Asked<ClientQuestion> | undefined {
  const { compiled, nodeOptions, python, rust } = course;
  const on = ground.placed ? 'client' : 'free';
  if ('python' in runner) return python === undefined ? undefined : new PythonClient(python, runner.python, on);
  if ('rust' in runner) return rust === undefined ? undefined : new RustClient(rust, runner.rust);
  const argument: ClientPlan = { program: compiled.file(runner.node), watched: runner.watched === true };
  return startProcess<ClientQuestion>({ file: compiled.file(CLIENT), argument, on, nodeOptions });
}
