import type { ServerPlan, ServerPorts, ServerQuestion } from '../fake-server/messages.js';
import type { ClientPlan, ClientQuestion, Timing } from '../harness/client-messages.js';
import { compile } from '../harness/compile.js';
import { NoiseGate, type GateLimits } from '../harness/gate.js';
import { startProcess } from '../harness/processes.js';
import type { Respondent } from '../harness/questions.js';
import type { Progress } from '../harness/terminal.js';
import { runRounds, type Contestant, type Round } from '../harness/rounds.js';
import { FETCH_BYTES, type ConsumeCase } from './cases.js';
import { verifyCase } from './verify.js';

const SERVER = 'fake-server/main';
const CLIENT = 'harness/client-process';

/** How long and how strictly to measure. */
export interface Effort {
  readonly rounds: number;
  readonly warmUp: Timing;
  readonly timing: Timing;
  readonly gate: GateLimits;
  readonly budgetMs: number;
}

/** One way to read, as the command names it. */
export interface Entrant {
  readonly name: string;
  readonly program: string;
  readonly topic: ConsumeCase['topic'];
  /** Its records are compared with what the server sent before anything is measured. */
  readonly verified: boolean;
}

export interface ConsumeRun {
  readonly rounds: readonly Round[];
  readonly accepted: number;
  readonly rejected: number;
}

/** Runs all entrants against one server process; the first is the baseline. */
export async function runConsume(
  entrants: readonly Entrant[],
  { rounds, warmUp, timing, gate: limits, budgetMs }: Effort,
  progress: Progress,
  nodeOptions: readonly string[] = [],
): Promise<ConsumeRun> {
  const plan: ServerPlan = { topics: unique(entrants.map(({ topic }) => topic)), fetchBytes: FETCH_BYTES };
  progress('compiling');
  const compiled = await compile([SERVER, CLIENT, ...unique(entrants.map(({ program }) => program))]);
  const server = startProcess<ServerQuestion>({ file: compiled.file(SERVER), argument: plan, on: 'server' });
  const started: Respondent<ClientQuestion>[] = [];
  try {
    const ports = await server.ask<ServerPorts>({ ask: 'ports' });
    const contestants = entrants.map(({ name, program, topic }): Contestant => {
      const argument: ClientPlan = { program: compiled.file(program) };
      const client = startProcess<ClientQuestion>({ file: compiled.file(CLIENT), argument, on: 'client', nodeOptions });
      started.push(client);
      return { name, client, target: { ports, topic } };
    });
    for (const [index, { verified }] of entrants.entries()) {
      if (!verified) continue;
      progress('verifying', entrants[index]!.name);
      await verifyCase(server, contestants[index]!, entrants[index]!.topic.recordBytes);
    }
    const pids = [server.pid, process.pid, ...started.map(({ pid }) => pid)];
    const gate = new NoiseGate(limits, pids, performance.now() + budgetMs);
    const done = await runRounds({ contestants, serverPid: server.pid, gate, rounds, warmUp, timing, progress });
    return { rounds: done, accepted: gate.accepted, rejected: gate.rejected };
  } finally {
    for (const process of [...started, server]) process.release();
    await compiled.remove();
  }
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
