import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One flight of early 2001 in the United States. */
export interface Flight {
  /** Its index in the data file. */
  readonly id: number;
  /** Local time of departure, `YYYY/MM/DD HH:MM`. */
  readonly date: string;
  /** How late it arrived, in minutes; early arrivals are negative. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** Airport code, as in `LAX`. */
  readonly origin: string;
  readonly destination: string;
}

/** What the model learns from, and what it is judged by. */
export interface FlightData {
  readonly training: readonly Flight[];
  /** Never sent anywhere: these flights are still in the future when the model is trained. */
  readonly test: readonly Flight[];
}

const FIRST_TEST_DAY = '2001/03/15';
const EXPECTED = { training: 16_076, all: 20_000 };

/** Reads the 20 000 flights and splits them in time, as a forecast would meet them. */
export function readFlights(): FlightData {
  const rows = JSON.parse(readFileSync(dataFile(), 'utf8')) as Omit<Flight, 'id'>[];
  const flights = rows.map((row, id): Flight => ({ id, ...row }));
  // Dates in this form sort as text.
  const training = flights.filter((flight) => flight.date < FIRST_TEST_DAY);
  if (flights.length !== EXPECTED.all || training.length !== EXPECTED.training) {
    throw new Error(
      `flights-20k.json has ${training.length} of ${flights.length} flights before ${FIRST_TEST_DAY}, ` +
        `expected ${EXPECTED.training} of ${EXPECTED.all}: is another version of vega-datasets installed?`,
    );
  }
  return { training, test: flights.filter((flight) => flight.date >= FIRST_TEST_DAY) };
}

/** The package hides its data behind a loader that fetches from the web, so the file is found beside its code. */
function dataFile(): string {
  const code = createRequire(import.meta.url).resolve('vega-datasets');
  return join(dirname(code), '..', 'data', 'flights-20k.json');
}
