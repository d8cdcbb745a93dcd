import { concat, defer, delay, forkJoin, isObservable, Observable, race, take, tap, timer } from 'rxjs';
import { InvalidOptionError } from '../../foundation/errors.js';
import { SessionLog } from '../deliveries/session-log.js';
import { marbles } from '../kit/marbles.js';
import { currentRun } from '../run/marble-run.js';
import { Watch } from '../run/watch.js';
import { pipelineOptions, type Pipeline, type PipelineOptions } from './options.js';
import type { PipelineResult } from './result.js';
import { fatesOf } from './streams.js';
import { Systems } from './systems.js';

/** How long closing the clients may take. */
const CLOSING_MS = 10_000;

/**
 * Runs a pipeline against the three embedded servers in virtual time: from when it is subscribed to until it ends, or
 * for `forMs`; then all its streams are drained and its clients closed, as a service does that is told to stop; clients
 * that can't be closed, as their server is gone for good, are killed after 10 seconds. Returns all that there was to see;
 * what is a recording can be compared with a diagram.
 *
 * @throws InvalidOptionError for an option that is unknown or out of range.
 * @throws GuardError as {@link marbles} does.
 *
 * @example
 * import { json, work } from 'sluice';
 * import { testPipeline } from 'sluice/testing';
 * const { output, fates, queues } = testPipeline<number>(
 *   ({ flo }) => flo.queue.messages('tasks', { codec: json<number>() }).pipe(work((n) => n * 2)),
 *   { flo: { queues: { tasks: [1, 2, 3] } }, forMs: 1_000 },
 * );
 * console.log(output.values, fates['flo:tasks']?.report.acked, queues['tasks']?.ready); // [ 2, 4, 6 ] 3 0
 */
export function testPipeline<O>(pipeline: Pipeline<O>, options: PipelineOptions = {}): PipelineResult<O> {
  const { forMs, drainMs, seed, jitter, ...setup } = pipelineOptions(options);
  let result: PipelineResult<O> | undefined;
  marbles(
    (kit) => {
      const run = currentRun();
      run.lasts(forMs + drainMs + CLOSING_MS);
      const systems = new Systems(run, kit, setup);
      const log = SessionLog.of(run);
      const program = kit.crashable(() => {
        const output = new Watch(observableOf(pipeline(systems.clients, kit)), { name: 'output' });
        run.show(output);
        const ended = new Observable<unknown>((told) => output.subscription.add(() => told.next(undefined)));
        concat(
          race(timer(forMs), ended.pipe(delay(0))).pipe(take(1)),
          defer(() => forkJoin(Array.from(log.streams, (stream) => stream.drain({ deadlineMs: drainMs })))),
          defer(() => {
            output.unsubscribe();
            return race(systems.close(), timer(CLOSING_MS).pipe(tap(() => program.crash())));
          }),
        ).subscribe({ complete: () => (result = { output, fates: fatesOf(log.streams), ...systems.look() }) });
      });
    },
    { ...(seed === undefined ? {} : { seed }), ...(jitter === undefined ? {} : { jitter }) },
  );
  // The run has gone to its end, or it would have thrown.
  if (result === undefined) throw new Error('testPipeline: its clients were never closed');
  return result;
}

/** The compiler has seen to it; users may have no types. */
function observableOf<O>(made: Observable<O>): Observable<O> {
  if (isObservable(made)) return made;
  throw new InvalidOptionError('testPipeline', made, 'needs a function that returns the pipeline, an Observable');
}
