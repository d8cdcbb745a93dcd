import { compile } from '../harness/compile.js';
import { describeGoals } from '../harness/goal-table.js';
import { together, verdictOf, type GoalReport } from '../harness/goals.js';
import { describeMachine } from '../harness/machine.js';
import { startProcess } from '../harness/processes.js';
import { round, rounded, spread } from '../harness/statistics.js';
import { progressLine } from '../harness/terminal.js';
import type { OperatorFigures, OperatorQuestion } from './messages.js';

const PROGRAM = 'operators/operators-process';

export interface OperatorOptions {
  readonly json?: true;
  readonly quick?: true;
}

/** `bench operators`: what operators cost, in CPU time and without a socket, so that a busy machine matters little. */
export async function operatorsCommand({ json, quick }: OperatorOptions): Promise<void> {
  const progress = progressLine(json === true);
  progress.show('measuring operators in one process');
  const compiled = await compile([PROGRAM]);
  const client = startProcess<OperatorQuestion>({ file: compiled.file(PROGRAM), argument: null, on: 'client' });
  try {
    const figures = await client.ask<OperatorFigures>({ rounds: quick ? 15 : 41, batches: 60 });
    const reports = judged(figures);
    const perBatchUs = round(spread(figures.batch).median / 1000, 0);
    const verdict = together(reports);
    progress.clear();
    if (json) console.log(JSON.stringify({ perBatchUs, goals: reports, verdict }));
    else {
      const consuming = `Consuming a mebibyte of 100 B records out of memory: ${perBatchUs} µs of CPU`;
      console.log(`${describeMachine()}\n\n${describeGoals(reports)}\n\n${consuming}\nVerdict: ${verdict}`);
    }
    if (verdict === 'below') process.exitCode = 1;
  } finally {
    client.release();
    await compiled.remove();
  }
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
