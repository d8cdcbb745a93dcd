import { reduce, tap, type Observable } from 'rxjs';
import { json } from 'sluice';
import type { Flight } from './flights.js';
import type { Log } from './log.js';
import type { Stage } from './progress.js';

/** Small frames, so that there is progress to see; by default they grow up to 1 MiB. */
const FRAME_BYTES = 64 * 1024;

/** Sends flights to a topic, no faster than the server acknowledges them. Emits how many it has acknowledged in the end. */
export function produce({ lance, topic }: Log, flights: Iterable<Flight>, stage: Stage): Observable<number> {
  const send = lance.sink<Flight>(topic, { codec: json<Flight>(), batchSize: FRAME_BYTES });
  return send(flights).pipe(
    tap((receipt) => stage.add(receipt.records)),
    reduce((sum, receipt) => sum + receipt.records, 0),
  );
}

/** Ends early when the run is asked to stop: a sink pulls, so it is enough to give it no more. */
export function* until(stop: AbortSignal, flights: Iterable<Flight>): Iterable<Flight> {
  for (const flight of flights) {
    if (stop.aborted) return;
    yield flight;
  }
}
