import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.js';
import { FULL, QUICK, type Effort } from './effort.js';
import { FAKE_SERVER } from './fake-ground.js';
import { describeGoals } from './goal-table.js';
import { judge, together, type Goal, type GoalReport } from './goals.js';
import type { Ground } from './ground.js';
import { describeHeat } from './heat-table.js';
import { only, type Heat } from './heat.js';
import { asJson } from './json-report.js';
import { describeMachine } from './machine.js';
import { pythonWithClient } from './python-environment.js';
import { CLIENT, runHeat, type Course, type HeatRun } from './run-heat.js';
import { progressLine } from './terminal.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Options of every command that measures heats. */
export interface MeasureOptions {
  readonly json?: true;
  readonly quick?: true;
  readonly profile?: string;
  /** Such as `G7,G8`. */
  readonly goals?: string;
  readonly rounds?: number;
  /** Seconds per heat. */
  readonly budget?: number;
}

/** What a command measures, and against which server. */
export interface Measurement {
  readonly heats: readonly Heat[];
  /** What is said of the server, when it is not ours. */
  readonly server?: string;
  readonly effort?: Partial<Effort>;
  open(heat: Heat, course: Course): Promise<Ground>;
}

/** Runs heat by heat, prints what came out, and sets exit code 1 only when a goal is missed. */
export async function measureHeats(measurement: Measurement, options: MeasureOptions): Promise<void> {
  const { json, quick, profile } = options;
  const progress = progressLine(json === true);
  const heats = chosen(measurement.heats, options.goals);
  const runners = heats.flatMap(({ entrants }) => entrants.map(({ runner }) => runner));
  const wantsPython = runners.some((runner) => 'python' in runner);
  const peer = wantsPython ? await pythonWithClient(join(root, '.cache/bench/lnc-client'), progress.show) : {};
  const programs = runners.flatMap((runner) => ('node' in runner ? [runner.node] : []));
  progress.show('compiling');
  const compiled = await compile([...new Set([FAKE_SERVER, CLIENT, ...programs])]);
  const course: Course = {
    compiled,
    effort: effortOf(quick ? QUICK : { ...FULL, ...measurement.effort }, options),
    progress: progress.show,
    nodeOptions: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    python: peer.python,
    rust: process.env['LNC_BENCH'],
  };
  const runs: HeatRun[] = [];
  const reports: GoalReport[] = [];
  if (!json) console.log(`${describeMachine()}\n${measurement.server ?? ''}`);
  if (!json && peer.missing !== undefined) console.log(`Missing: ${peer.missing}\n`);
  try {
    for (const heat of heats) {
      const run = await runOne(measurement, heat, course);
      const judged = heat.goals.map((goal) => judge(quick ? lenient(goal) : goal, run));
      runs.push(run);
      reports.push(...judged);
      progress.clear();
      if (!json) console.log(`${heat.title}\n\n${describeHeat(run)}\n\n${describeGoals(judged)}\n`);
    }
  } finally {
    progress.clear();
    await compiled.remove();
  }
  const verdict = together(reports);
  if (json) console.log(JSON.stringify(asJson(runs, reports, verdict)));
  else console.log(`Verdict: ${verdict === 'not-measured' ? 'not measured' : verdict}`);
  if (verdict === 'below') process.exitCode = 1;
}

async function runOne(measurement: Measurement, heat: Heat, course: Course): Promise<HeatRun> {
  const ground = await measurement.open(heat, course);
  try {
    return await runHeat(heat, ground, course);
  } finally {
    await ground.close();
  }
}

function chosen(heats: readonly Heat[], goals: string | undefined): readonly Heat[] {
  if (goals === undefined) return heats;
  const wanted = new Set(goals.split(','));
  const known = new Set(heats.flatMap((heat) => heat.goals.map(({ name }) => name)));
  const unknown = [...wanted].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`no goal ${unknown.join(', ')} here; there are ${[...known].join(', ')}`);
  return heats.flatMap((heat) => only(heat, wanted) ?? []);
}

function effortOf(effort: Effort, { rounds, budget }: MeasureOptions): Effort {
  return {
    ...effort,
    ...(rounds === undefined ? {} : { rounds }),
    ...(budget === undefined ? {} : { budgetMs: budget * 1000 }),
  };
}

/** A quick run notices what is broken, and nothing finer. */
function lenient(goal: Goal): Goal {
  return goal.floor === undefined ? goal : { ...goal, hold: goal.floor };
}
