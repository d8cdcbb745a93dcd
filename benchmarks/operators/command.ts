import { compile } from '../harness/compile.js';
import { foreignCpu, sampleCpu } from '../harness/foreign-cpu.js';
import { describeGoals } from '../harness/goal-table.js';
import { together, verdictOf, type GoalReport } from '../harness/goals.js';
import { describeMachine } from '../harness/machine.js';
import { startProcess } from '../harness/processes.js';
import { round, rounded, spread } from '../harness/statistics.js';
import { progressLine, table } from '../harness/terminal.js';
import type { OperatorFigures, OperatorQuestion } from './messages.js';

/** CPU time is measured, but whoever shares caches and memory makes it longer. */
const MOST_FOREIGN = 0.25;
const PROGRAM = 'operators/operators-process';

export interface OperatorOptions {
  readonly json?: true;
  readonly quick?: true;
}

/** `bench operators`: what operators cost, in CPU time and without a socket. */
export async function operatorsCommand({ json, quick }: OperatorOptions): Promise<void> {
  const progress = progressLine(json === true);
  progress.show('measuring operators in one process');
  const compiled = await compile([PROGRAM]);
  const client = startProcess<OperatorQuestion>({ file: compiled.file(PROGRAM), argument: null, on: 'client' });
  try {
    const pids = [process.pid, client.pid];
    const before = sampleCpu(pids);
    const figures = await client.ask<OperatorFigures>({ rounds: quick ? 9 : 21, batches: 100 });
    const foreign = foreignCpu(before, sampleCpu(pids)) ?? 0;
    const reports = judged(figures).map((one) => (foreign < MOST_FOREIGN ? one : tooNoisy(one)));
    const memory = withoutSocket(figures);
    const verdict = together(reports);
    progress.clear();
    if (json) console.log(JSON.stringify({ withoutSocket: memory, goals: reports, verdict }));
    else console.log([describeMachine(), describeGoals(reports), describe(memory), `Verdict: ${verdict}`].join('\n\n'));
    if (verdict === 'below') process.exitCode = 1;
  } finally {
    client.release();
    await compiled.remove();
  }
}

const tooNoisy = (report: GoalReport): GoalReport => ({ ...report, verdict: 'not-measured', reason: 'too noisy' });

/** What else is known of the client's CPU, where a busy machine drowns the rest. */
interface WithoutSocket {
  readonly consumedUsPerMib: number;
  readonly poured100Ns: number;
  readonly poured1024Ns: number;
}

function withoutSocket({ batch, poured100, poured1024 }: OperatorFigures): WithoutSocket {
  return {
    consumedUsPerMib: round(spread(batch).median / 1000, 0),
    poured100Ns: round(spread(poured100).median, 0),
    poured1024Ns: round(spread(poured1024).median, 0),
  };
}

function describe({ consumedUsPerMib, poured100Ns, poured1024Ns }: WithoutSocket): string {
  return table(
    ['without a socket, CPU', ''],
    [
      ['consuming a mebibyte of 100 B records', `${consumedUsPerMib} µs`],
      ['pouring a record of 100 B into a sink', `${poured100Ns} ns`],
      ['pouring a record of 1 KiB into a sink', `${poured1024Ns} ns`],
    ],
  );
}

function judged({ flattened, withTwo, five, batch }: OperatorFigures): GoalReport[] {
  const shares = five.map((ns, round) => ns / batch[round]!);
  return [
    report('G13', 'five operators on batches, share of CPU', shares, 0.03, 0.01),
    report('G14', 'records() beyond a loop, ns per record', flattened, 15, 8),
    report('G14', 'records() + map + filter, ns per record', withTwo, 45, 32),
  ];
}

function report(name: string, what: string, values: readonly number[], hold: number, reach: number): GoalReport {
  const goal = { name, what, bound: 'at most' as const, hold, reach };
  const value = rounded(spread(values));
  return { ...goal, value, verdict: verdictOf(value.median, goal) };
}
