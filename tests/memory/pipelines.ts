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
import { work, type AnyDelivery } from 'sluice';

/** A way of using deliveries that plain RxJS would answer with memory without bound. */
export interface HostilePipeline {
  /** False when it never settles: then it must stand at a full window, and not be read to the end. */
  readonly settles: boolean;
  /** Subscribing drives it. It settles with `ack`, which may count. */
  build<D extends AnyDelivery>(source: Observable<D>, ack: (delivery: D) => void): Observable<unknown>;
  /** What the subscriber does with each value. */
  next?(value: unknown): void;
}

/** How much time the pipelines take: for each delivery, or for all that stand in them. */
export interface Slowness {
  readonly slowMs: number;
  readonly lateMs: number;
}

export const hostilePipelines = ({ slowMs, lateMs }: Slowness): Readonly<Record<string, HostilePipeline>> => ({
  'concatMap(slow)': {
    settles: true,
    build: (source, ack) =>
      source.pipe(
        concatMap((delivery) => timer(slowMs).pipe(map(() => delivery))),
        tap((delivery) => ack(delivery)),
      ),
  },
  'zip with a slow source': {
    settles: true,
    build: (source, ack) => zip(source, interval(slowMs)).pipe(tap(([delivery]) => ack(delivery))),
  },
  observeOn: {
    settles: true,
    build: (source, ack) =>
      source.pipe(
        observeOn(asyncScheduler, lateMs),
        tap((delivery) => ack(delivery)),
      ),
  },
  delay: {
    settles: true,
    build: (source, ack) =>
      source.pipe(
        delay(lateMs),
        tap((delivery) => ack(delivery)),
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
});

const kinds = Object.entries(hostilePipelines({ slowMs: 0, lateMs: 0 }));
/** Those that settle everything in the end, and those that settle nothing. */
export const settling = kinds.filter(([, { settles }]) => settles).map(([name]) => name);
export const standing = kinds.filter(([, { settles }]) => !settles).map(([name]) => name);
