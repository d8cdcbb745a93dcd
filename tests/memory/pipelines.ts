import {
  concatMap,
  config,
  delay,
  interval,
  map,
  observeOn,
  tap,
  timer,
  zip,
  asyncScheduler,
  NEVER,
  type Observable,
} from 'rxjs';
import { work, type Delivery } from 'sluice';
import type { RecordBatch } from 'sluice/lance';

type Batches = Observable<Delivery<RecordBatch>>;

/** A way of using deliveries that plain RxJS would answer with memory without bound. */
export interface HostilePipeline {
  /** False when it never settles: then it must stand at a full window, and not be read to the end. */
  readonly settles: boolean;
  /** Subscribing drives it. Whoever settles a delivery says so to `settled` with the batch's bytes. */
  build(source: Batches, settled: (bytes: number) => void): Observable<unknown>;
  /** What the subscriber does with each value. */
  next?(value: unknown): void;
}

const SLOW_MS = 4;
const LATE_MS = 40;

function ack(delivery: Delivery<RecordBatch>, settled: (bytes: number) => void): void {
  if (delivery.ack() === 'settled') settled(delivery.value.byteLength);
}

export const hostilePipelines: Readonly<Record<string, HostilePipeline>> = {
  'concatMap(slow)': {
    settles: true,
    build: (source, settled) =>
      source.pipe(
        concatMap((delivery) => timer(SLOW_MS).pipe(map(() => delivery))),
        tap((delivery) => ack(delivery, settled)),
      ),
  },
  'zip with a slow source': {
    settles: true,
    build: (source, settled) => zip(source, interval(SLOW_MS)).pipe(tap(([delivery]) => ack(delivery, settled))),
  },
  observeOn: {
    settles: true,
    build: (source, settled) =>
      source.pipe(
        observeOn(asyncScheduler, LATE_MS),
        tap((delivery) => ack(delivery, settled)),
      ),
  },
  delay: {
    settles: true,
    build: (source, settled) =>
      source.pipe(
        delay(LATE_MS),
        tap((delivery) => ack(delivery, settled)),
      ),
  },
  'a handler that never settles': {
    settles: false,
    build: (source) => source.pipe(work(() => NEVER, { concurrency: 2 })),
  },
  'a subscriber that throws': {
    settles: false,
    build: (source) => {
      // The stream lives on; what the subscriber throws is reported on a later turn and would end the process.
      config.onUnhandledError = () => undefined;
      return source;
    },
    next: () => {
      throw new Error('the subscriber always throws');
    },
  },
};
