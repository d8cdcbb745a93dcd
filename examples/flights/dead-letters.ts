import { map, type Observable } from 'rxjs';
import { json } from 'sluice';
import type { QueuedBatch } from './mini-batches.js';
import { patiently } from './patience.js';
import type { Queue } from './queue.js';

/** More dead letters than a run can have. */
const LIMIT = 10_000;

/** Emits the ids of the flights that lie among the dead letters of the queue. */
export function deadFlights({ flo, name }: Queue): Observable<ReadonlySet<number>> {
  const codec = json<QueuedBatch>();
  return flo.queue.dlqList(name, { limit: LIMIT }).pipe(
    patiently(),
    map(({ messages }) => messages.flatMap(({ payload }) => codec.decode(payload).flights)),
    map((flights) => new Set(flights.map(({ id }) => id))),
  );
}
