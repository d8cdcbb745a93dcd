import type { ClientPlan, ClientQuestion, Timing, WindowFigures } from './client-messages.js';
import type { ClientProgram, Tally, Target } from './client-program.js';
import { foreignCpu, ownCpu, sampleCpu } from './foreign-cpu.js';
import { serveQuestions } from './questions.js';
import { quantiles } from './statistics.js';
import { Watch } from './watch.js';

// One client in a process of its own. It stays alive between its windows (its code stays compiled) but is connected
// only during them, so that it costs the others nothing.
const plan = JSON.parse(process.argv[2] ?? '') as ClientPlan;
const { program } = (await import(plan.program)) as { program: ClientProgram };
const watch = plan.watched ? new Watch() : undefined;

serveQuestions(async (question: ClientQuestion) =>
  question.ask === 'verify'
    ? program.verify?.(question.target, question.records)
    : measure(question.target, question.timing, question.pids),
);

async function measure(
  target: Target,
  { settleMs, windowMs }: Timing,
  pids: readonly number[],
): Promise<WindowFigures> {
  const tally: Tally = { bytes: 0, records: 0, latenciesUs: [] };
  let failure: unknown;
  const stop = program.run(target, tally, (error) => (failure ??= error));
  await pause(settleMs);

  const before = sampleCpu(pids);
  const start = { ...tally, latencies: tally.latenciesUs.length };
  watch?.begin();
  const cpu = process.cpuUsage();
  const from = performance.now();
  await pause(windowMs);
  const to = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const end = { ...tally, latencies: tally.latenciesUs.length };
  const after = sampleCpu(pids);
  const seconds = (to - from) / 1000;
  const watched = watch?.end(seconds);
  stop();

  if (failure !== undefined) throw asError(failure);
  const latencyUs = quantiles(tally.latenciesUs.slice(start.latencies, end.latencies));
  return {
    seconds,
    bytes: end.bytes - start.bytes,
    records: end.records - start.records,
    userUs: user,
    systemUs: system,
    foreign: foreignCpu(before, after),
    own: pids.map((_, index) => ownCpu(before, after, index)),
    ...(latencyUs === undefined ? {} : { latencyUs }),
    ...(watched === undefined ? {} : { watched }),
  };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const asError = (failure: unknown): Error => (failure instanceof Error ? failure : new Error(String(failure)));
