import { map, reduce, tap, type Observable } from 'rxjs';
import { autoAck, json, records, type DeliveryStream } from 'sluice';
import { decodeRecords, type LanceClient, type RecordBatch } from 'sluice/lance';
import type { Flight } from './flights.js';
import type { Stage } from './progress.js';

/** The part of a dead letter that is read here; beside it stand where it came from, when and why it died. */
export interface DeadLetter {
  readonly message: string;
  /** Base64. A whole batch died, so these are records in Lance's own form. */
  readonly value: string;
}

export function deadLettersOf(lance: LanceClient, topic: string): DeliveryStream<RecordBatch<DeadLetter>> {
  return lance.consume(topic, { from: 'beginning', to: 'end', codec: json<DeadLetter>() });
}

/** Emits how many different flights there are in the dead letters. */
export function countDead(letters: DeliveryStream<RecordBatch<DeadLetter>>, stage: Stage): Observable<number> {
  return letters.pipe(
    autoAck(),
    records(),
    map((record) => flightsIn(record.value)),
    tap((flights) => stage.add(flights.length)),
    reduce((ids, flights) => flights.reduce((all, { id }) => all.add(id), ids), new Set<number>()),
    map((ids) => ids.size),
  );
}

/** The flights that died together. */
export function flightsIn(letter: DeadLetter): Flight[] {
  const codec = json<Flight>();
  return decodeRecords(Buffer.from(letter.value, 'base64')).records.map((record) => codec.decode(record.value));
}
