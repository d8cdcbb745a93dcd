import { resolve } from 'node:path';
import { LanceClient } from 'sluice/lance';
import type { ServerPlan, ServerPorts, ServerQuestion } from '../../../benchmarks/fake-server/messages.js';
import { startProcess } from '../../../benchmarks/harness/processes.js';
import { serveQuestions, type Respondent } from '../../../benchmarks/harness/questions.js';
import { brokenBounds } from '../bounds.js';
import { hostilePipelines } from '../pipelines.js';
import { retained } from '../retained.js';
import { BOUNDS, type PipelineFigures, type PipelineQuestion } from './question.js';

// One hostile pipeline in a process of its own, against a server in another: nobody else's garbage is in the figures.
const TOPIC = { id: 1, name: 'hostile' };
const FETCH_BYTES = 1 << 20;
const SAMPLE_MS = 20;
const PIPELINES = hostilePipelines({ slowMs: 4, lateMs: 40 });
const SAMPLE_TRIES = 5;

const plan: ServerPlan = { topics: [{ ...TOPIC, recordBytes: 1024, totalBytes: 200e6 }], fetchBytes: FETCH_BYTES };
const server = startProcess<ServerQuestion>({
  file: resolve('benchmarks/fake-server/main.ts'),
  argument: plan,
  on: 'server',
});

serveQuestions(async ({ pipeline: name, window, standMs, limitMs }: PipelineQuestion): Promise<PipelineFigures> => {
  const pipeline = PIPELINES[name];
  if (pipeline === undefined) throw new Error(`no pipeline ${name}`);
  const ports = await server.ask<ServerPorts>({ ask: 'ports' });
  const end = await server.ask<number>({ ask: 'end', topic: TOPIC.id });
  const sentBefore = await sentBytes(server);

  const base = retained();
  const lance = new LanceClient({ host: '127.0.0.1', port: ports.lwp });
  let settled = 0;
  let failure: unknown;
  const source = lance.consume(TOPIC.name, { from: 'beginning', window });
  const values = pipeline.build(source, (delivery) => {
    if (delivery.ack() === 'settled') settled += delivery.value.byteLength;
  });
  const subscription = values.subscribe({
    next: (value) => pipeline.next?.(value),
    error: (error) => (failure ??= error),
  });

  const from = performance.now();
  const untilMs = from + (pipeline.settles ? limitMs : standMs);
  let unsettled = 0;
  let growth = 0;
  // Once a bound is broken there is nothing more to learn.
  while (
    performance.now() < untilMs &&
    settled < end &&
    failure === undefined &&
    brokenBounds({ unsettled, growth }, BOUNDS).length === 0
  ) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    for (let tries = 0; tries < SAMPLE_TRIES; tries++) {
      const before = settled;
      const sent = (await sentBytes(server)) - sentBefore;
      // Only a sample during which nothing was settled says what was unsettled at one moment.
      if (settled !== before) continue;
      unsettled = Math.max(unsettled, sent - settled);
      break;
    }
    growth = Math.max(growth, retained() - base);
  }
  subscription.unsubscribe();
  await new Promise<void>((resolve, reject) => lance.close().subscribe({ error: reject, complete: resolve }));
  if (failure !== undefined) throw failure;
  return { unsettled, growth, settled, end, seconds: (performance.now() - from) / 1000 };
});

async function sentBytes(from: Respondent<ServerQuestion>): Promise<number> {
  return from.ask<number>({ ask: 'sent', topic: TOPIC.id });
}
