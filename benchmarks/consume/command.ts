import { progressLine } from '../harness/terminal.js';
import { consumeCases, QUICK_FLOOR } from './cases.js';
import { runConsume, type Effort, type Entrant } from './run.js';
import { describe } from './table.js';
import { judge, type JudgedCase } from './verdict.js';

const FULL: Effort = {
  rounds: 7,
  warmUp: { settleMs: 200, windowMs: 1000 },
  timing: { settleMs: 250, windowMs: 450 },
  gate: { startBelow: 0.07, acceptBelow: 0.12, retries: 4, patienceMs: 5000 },
  budgetMs: 180_000,
};

/** For continuous integration: fewer rounds and more tolerance, because it only has to notice a broken hot path. */
const QUICK: Effort = {
  rounds: 3,
  warmUp: { settleMs: 100, windowMs: 600 },
  timing: { settleMs: 200, windowMs: 400 },
  gate: { startBelow: 0.15, acceptBelow: 0.25, retries: 3, patienceMs: 1500 },
  budgetMs: 120_000,
};

export interface ConsumeOptions {
  readonly json?: true;
  readonly quick?: true;
  readonly profile?: string;
}

/** `bench consume`: how close the client comes to a raw socket. Sets exit code 1 only when a goal is missed. */
export async function consumeCommand({ json, quick, profile }: ConsumeOptions): Promise<void> {
  const effort = quick ? QUICK : FULL;
  const baselineTopic = consumeCases[0]!.topic;
  const unverified = { topic: baselineTopic, verified: false };
  const entrants: Entrant[] = [
    { name: 'raw socket', program: 'clients/raw-socket', ...unverified },
    ...consumeCases.map(({ name, topic }) => ({ name, topic, program: 'clients/lance-consume', verified: true })),
    ...(json ? [] : [{ name: 'raw requests, 2 in flight', program: 'clients/raw-requests', ...unverified }]),
  ];
  const judged = consumeCases.map(({ name, topic, goal }, at): JudgedCase => {
    return { name, recordBytes: topic.recordBytes, index: at + 1, hold: quick ? QUICK_FLOOR : goal.hold };
  });
  const progress = progressLine(json === true);
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const run = await runConsume(entrants, effort, progress.show, nodeOptions);
  progress.clear();
  const report = judge(run.rounds, judged, effort.rounds);
  const goals = new Map(
    consumeCases.map(({ name, goal }, at) => [name, `${goal.name} ≥ ${judged[at]!.hold.toFixed(2)}`]),
  );
  console.log(json ? JSON.stringify(report) : describe(entrants, goals, run, effort.rounds, report));
  if (report.verdict === 'below') process.exitCode = 1;
}
