import { map, reduce, tap, type Observable } from 'rxjs';
import { autoAck, json, records, type DeliveryStream } from 'sluice';
import { decodeDeadLetter, decodeRecords, type LanceClient, type RecordBatch } from 'sluice/lance';
import type { Flight } from './flights.js';
import type { Stage } from './progress.js';

/** The topic of the dead letters, from its beginning to where it ends now. */
export function deadLettersOf(lance: LanceClient, topic: string): DeliveryStream<RecordBatch> {
  return lance.consume(topic, { from: 'beginning', to: 'end' });
}

/** Emits how many different flights there are in the dead letters. */
export function countDead(letters: DeliveryStream<RecordBatch>, stage: Stage): Observable<number> {
  return letters.pipe(
    autoAck(),
    records(),
    map((record) => flightsIn(record.text())),
    tap(() => stage.add(1)),
    reduce((ids, flights) => flights.reduce((all, { id }) => all.add(id), ids), new Set<number>()),
    map((ids) => ids.size),
  );
}

/** The flights that died together: a whole batch did, so the letter holds records in Lance's own form. */
export function flightsIn(letter: string): Flight[] {
  const codec = json<Flight>();
  return decodeRecords(decodeDeadLetter(letter).value).records.map((record) => codec.decode(record.value));
}
