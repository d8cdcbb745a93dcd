import { concat, concatMap, defer, lastValueFrom, merge, mergeMap, toArray, type Observable } from 'rxjs';
import type { Addresses } from './addresses.js';
import { deadFlights } from './dead-letters.js';
import { Failures } from './failures.js';
import { fateOf } from './fates.js';
import { batchesOf, feed } from './feed.js';
import { readFlights, type Flight } from './flights.js';
import { findInStore } from './found-in-store.js';
import { DelayModel, meanDelay, squaredError, type Weights } from './model.js';
import { produce, until } from './produce.js';
import type { Progress, Stage } from './progress.js';
import { PublishedWeights } from './published-weights.js';
import { messagesOf } from './queue.js';
import { shuffled } from './random.js';
import type { Run } from './report.js';
import { Rollouts } from './rollouts.js';
import { drained, stoppedBy } from './stop.js';
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

/** The whole job: flights → Lance → Flo → four workers → model and store. Then all is read back and counted. */
export async function runJob(options: JobOptions): Promise<Run> {
  try {
    return await withSystems(options, (systems) => runStages(options, systems));
  } finally {
    options.progress.close();
  }
}

async function runStages({ seed, lose, progress, stop }: JobOptions, { log, queue, store }: Systems): Promise<Run> {
  const { training, test } = readFlights();
  const sent = await timed(progress.stage('produce', training.length), (stage) =>
    produce(log, until(stop, shuffled(training, seed)), stage),
  );

  const stopped = stoppedBy(stop);
  const rollouts = new Rollouts(store.client);
  const weights = new PublishedWeights(store.client, queue);
  const trainer = new Trainer(test, lose);
  const worker = new Worker(rollouts, trainer, new Failures(seed));
  const batches = batchesOf(log);
  const messages = messagesOf(queue);

  const feeding = feed(batches, rollouts, queue, progress.stage('feed', sent.value));
  // The loop is closed when all rollouts have ended; then nothing more can come off the queue.
  const closing = concat(
    feeding.pipe(
      toArray(),
      concatMap((ids) => rollouts.ended(ids, stopped)),
    ),
    drained(messages),
  );
  const stopping = stopped.pipe(mergeMap(() => merge(drained(batches), drained(messages))));

  const trained = await timed(progress.stage('train', sent.value), (stage) =>
    concat(weights.publish(trainer.weights), merge(train(messages, worker, trainer, weights, stage), closing)));
}
