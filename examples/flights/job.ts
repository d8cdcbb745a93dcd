import { lastValueFrom } from 'rxjs';
import type { DeliveryStream } from 'sluice';
import { countDead, deadLettersOf } from './dead-letters.js';
import { Failures } from './failures.js';
import { readFlights } from './flights.js';
import { openLog, type Address, type Log } from './log.js';
import { meanDelay, squaredError } from './model.js';
import { produce, until } from './produce.js';
import type { Progress, Stage } from './progress.js';
import { shuffled } from './random.js';
import type { Fate, Run } from './report.js';
import { batchesOf, train } from './train.js';
import { Trainer } from './trainer.js';

export interface JobOptions {
  /** Decides the order of the flights and which batches fail. */
  readonly seed: number;
  /** How many flights to lose on purpose, which must be found out. */
  readonly lose: number;
  /** A real Lance server instead of one in this process. */
  readonly lance?: Address;
  readonly progress: Progress;
  /** Aborted when the run is to end early. */
  readonly stop: AbortSignal;
}

const DRAIN_MS = 5_000;

/** The whole job, one stage after the other: flights → Lance → four workers → model, and dead letters read back. */
export async function runJob(options: JobOptions): Promise<Run> {
  const log = await openLog(options.lance);
  try {
    const run = await runStages(options, log);
    await log.close();
    return run;
  } catch (error) {
    // What went wrong first is what counts: closing may well fail for the same reason.
    await log.close().catch(() => {});
    throw error;
  } finally {
    options.progress.close();
  }
}

async function runStages({ seed, lose, progress, stop }: JobOptions, log: Log): Promise<Run> {
  const { training, test } = readFlights();
  const trainer = new Trainer(test, new Failures(seed), lose);
  const sent = await timed(progress.stage('produce', training.length), (stage) =>
    lastValueFrom(produce(log.lance, log.flights, until(stop, shuffled(training, seed)), stage)),
  );
  const batches = batchesOf(log.lance, log.flights, log.deadLetters);
  drainWhenStopped(batches, stop);
  const trained = await timed(progress.stage('train', sent.value), (stage) =>
    lastValueFrom(train(batches, trainer, stage), { defaultValue: undefined }),
  );
  const letters = deadLettersOf(log.lance, log.deadLetters);
  const dead = await timed(progress.stage('dead letters', batches.fate().dead), (stage) =>
    lastValueFrom(countDead(letters, stage)),
  );
  return {
    summary: {
      flights: { in: sent.value, trained: trainer.trained, dead: dead.value },
      streams: Object.fromEntries([batches, letters].map((stream) => [stream.name, fateOf(stream)])),
      model: { baselineError: squaredError(test, meanDelay(training)), error: trainer.error },
      seconds: Math.round(performance.now()) / 1_000,
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
    },
    curve: trainer.curve,
    testFlights: test.length,
    throughput: { produced: sent.value / sent.seconds, trained: trainer.trained / trained.seconds },
    interrupted: stop.aborted,
  };
}

/** What is in flight is finished, then the stream completes like any other. */
function drainWhenStopped(stream: DeliveryStream<unknown>, stop: AbortSignal): void {
  const drain = (): void => void stream.drain({ deadlineMs: DRAIN_MS }).subscribe();
  if (stop.aborted) drain();
  else stop.addEventListener('abort', drain, { once: true });
}

function fateOf(stream: DeliveryStream<unknown>): Fate {
  const { delivered, acked, nacked, dead, abandoned } = stream.fate();
  return { delivered, acked, nacked, dead, abandoned };
}

async function timed<T>(stage: Stage, run: (stage: Stage) => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedMs = performance.now();
  const value = await run(stage).finally(() => stage.end());
  return { value, seconds: (performance.now() - startedMs) / 1_000 };
}
