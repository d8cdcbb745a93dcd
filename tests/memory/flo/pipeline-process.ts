import { resolve } from 'node:path';
import { tap } from 'rxjs';
import { FloClient } from 'sluice/flo';
import { startProcess } from '../../../benchmarks/harness/processes.js';
import { serveQuestions } from '../../../benchmarks/harness/questions.js';
import { brokenBounds } from '../bounds.js';
import { hostilePipelines } from '../pipelines.js';
import { retained } from '../retained.js';
import { SecondSubscriber } from './companion.js';
import {
  BOUNDS,
  FIRST_LEAVES,
  MESSAGE_BYTES,
  MESSAGES,
  type HotFigures,
  type HotQuestion,
  type QueueFigures,
  type ServerQuestion,
} from './question.js';

// Hostile pipelines on a hot queue, one after the other, each with a client and a queue of its own.
const SAMPLE_MS = 40;

const server = startProcess<ServerQuestion>({
  file: resolve('tests/memory/flo/server-process.ts'),
  argument: null,
  on: 'server',
});
let queues = 0;

serveQuestions(async (question: HotQuestion): Promise<HotFigures> => {
  const { pipeline: name, slowness, companion, window, standMs, limitMs } = question;
  const pipeline = hostilePipelines(slowness)[name];
  if (pipeline === undefined) throw new Error(`no pipeline ${name}`);
  const queue = `hostile-${++queues}`;
  const port = await server.ask<number>({ ask: 'port' });
  await server.ask({ ask: 'fill', queue });

  const base = retained();
  const flo = new FloClient(`127.0.0.1:${port}`);
  const stream = flo.queue.messages(queue, { window, blockMs: 50 });
  const second = new SecondSubscriber(stream, companion);
  let failure: unknown;
  let firstSaw = 0;
  const seen = stream.pipe(
    tap(() => {
      second.firstSees();
      if (++firstSaw === FIRST_LEAVES && question.firstLeaves) first.unsubscribe();
    }),
  );
  const first = pipeline
    .build(seen, (delivery) => void delivery.ack())
    .subscribe({
      next: (value) => pipeline.next?.(value),
      error: (error) => (failure ??= error),
    });
  second.start();

  let untilMs = performance.now() + limitMs;
  let isFull = false;
  let figures: QueueFigures;
  let unsettled = 0;
  let growth = 0;
  do {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    figures = await server.ask<QueueFigures>({ ask: 'figures', queue });
    unsettled = figures.peak * MESSAGE_BYTES;
    if (!isFull && !pipeline.settles && !question.firstLeaves && figures.leased >= window.deliveries) {
      isFull = true;
      untilMs = performance.now() + standMs;
    }
    growth = Math.max(growth, retained() - base);
    // Once all bounds are broken there is nothing more to learn.
  } while (
    performance.now() < untilMs &&
    figures.acked < MESSAGES &&
    !(first.closed && !companion.votes && figures.leased === 0) &&
    failure === undefined &&
    brokenBounds({ unsettled, growth }, BOUNDS).length < 2
  );
  const { delivered, acked, abandoned } = stream.fate();
  first.unsubscribe();
  second.leave();
  await new Promise<void>((resolve, reject) => flo.close().subscribe({ error: reject, complete: resolve }));
  if (failure !== undefined) throw failure;
  return { unsettled, growth, queue: figures, seen: second.seen, fate: { delivered, acked, abandoned } };
});
