import { concat, concatMap, lastValueFrom, merge, toArray, type Observable } from 'rxjs';
import type { Addresses } from './addresses.js';
import { Failures } from './failures.js';
import { fateOf } from './fates.js';
import { batchesOf, feed } from './feed.js';
import { readFlights } from './flights.js';
import { meanDelay, squaredError } from './model.js';
import { produce, until } from './produce.js';
import type { Progress, Stage } from './progress.js';
import { PublishedWeights } from './published-weights.js';
import { messagesOf } from './queue.js';
import { shuffled } from './random.js';
import { readBack } from './read-back.js';
import type { Run } from './report.js';
import { Rollouts } from './rollouts.js';
import { drained, drainWhen, stoppedBy } from './stop.js';
import { withSystems, type Systems } from './systems.js';
import { train } from './train.js';
import { Trainer } from './trainer.js';
import { Worker } from './worker.js';

export interface JobOptions extends Addresses {
  /** Decides the order of the flights and which batches fail. */
  readonly seed: number;
  /** How many flights to lose on purpose, which must be found out. */
  readonly lose: number;
  readonly progress: Progress;
  /** Aborted when the run is to end early. */
  readonly stop: AbortSignal;
}

/** The whole job: flights → Lance → Flo → four workers → model and store. Then everything is read back and counted. */
export async function runJob(options: JobOptions): Promise<Run> {
  try {
    return await withSystems(options, (systems) => runStages(options, systems));
  } finally {
    options.progress.close();
  }
}

async function runStages(options: JobOptions, systems: Systems): Promise<Run> {
  const { seed, lose, progress, stop } = options;
  const { log, queue, store } = systems;
  const { training, test } = readFlights();

  const sent = await timed(progress.stage('produce', training.length), (stage) =>
    produce(log, until(stop, shuffled(training, seed)), stage),
  );

  const stopped = stoppedBy(stop);
  const rollouts = new Rollouts(store.client);
  const trainer = new Trainer(test, lose);
  const weights = new PublishedWeights(trainer, store.client, queue.flo);
  const worker = new Worker(rollouts, trainer, new Failures(seed));
  const batches = batchesOf(log);
  const messages = messagesOf(queue);
  for (const stream of [batches, messages]) drainWhen(stopped, stream);
  const feeding = feed(batches, rollouts, queue).pipe(toArray());
  // When all rollouts have ended nothing more can come off the queue: this closes the loop.
  const closing = concat(feeding.pipe(concatMap((ids) => rollouts.ended(ids, stopped))), drained(messages));
  const learned = await timed(progress.stage('train', sent.value), (stage) =>
    concat(weights.publish(), merge(closing, train(messages, worker, weights, stage)), weights.publish()),
  );

  const found = await timed(progress.stage('read back', rollouts.attempts.size), (stage) =>
    readBack(rollouts, weights, queue, stage),
  );
  await lastValueFrom(merge(rollouts.cancel(found.value.open), weights.withdraw()));

  const { trained, dead, attempts, model } = found.value;
  return {
    summary: {
      flights: { in: sent.value, trained, dead },
      streams: {
        [batches.name]: fateOf(batches),
        [messages.name]: fateOf(messages),
        'lightning:rollouts': attempts,
      },
      model: {
        baselineError: squaredError(test, meanDelay(training)),
        error: squaredError(test, (flight) => model.predict(flight)),
      },
      seconds: Math.round(performance.now()) / 1_000,
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
      ...(queue.leases ? {} : { guarantee: 'at-most-once' }),
    },
    otherWeightsIn: found.value.otherWeightsIn,
    curve: trainer.curve,
    testFlights: test.length,
    throughput: { produced: sent.value / sent.seconds, trained: trained / learned.seconds },
    interrupted: stop.aborted,
  };
}

async function timed<T>(stage: Stage, run: (stage: Stage) => Observable<T>): Promise<{ value: T; seconds: number }> {
  const startedMs = performance.now();
  const value = await lastValueFrom(run(stage)).finally(() => stage.end());
  return { value, seconds: (performance.now() - startedMs) / 1_000 };
}
