import { integerIn, milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown } from '../../foundation/known-options.js';
import type { DeliveryCore } from '../../observables/delivery/core/delivery-core.js';
import type { DeliverySource } from '../../observables/delivery/core/source.js';
import { Window, type WindowLimits } from '../../observables/delivery/core/window.js';
import { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import { currentRun } from '../run/marble-run.js';
import { MarbleLog } from './marble-log.js';
import type { Lending } from './loans.js';
import { MarbleQueue } from './marble-queue.js';
import type { Counter } from './marble-source.js';
import { LogShelf, type Parcel, QueueShelf } from './shelf.js';
import { timetableOf } from './timetable.js';

/** How a stream made by `deliveries` behaves. */
export interface DeliveriesOptions<T> {
  /** How much may be unsettled at once, or a window that several streams share. Default: 4 deliveries, any number of bytes. */
  readonly window?: Partial<WindowLimits> | Window;
  /** How many bytes of the window a value takes, from 0. Default 1. */
  readonly bytes?: (value: T) => number;
  /**
   * Whether it is a queue, which several subscribers share and where what is abandoned comes again, or a log, which has
   * one subscriber and keeps everything. Default false: a log.
   */
  readonly hot?: boolean;
  /** How long a queue lends what it hands out, in milliseconds, before it is renewed or lost. By default for ever. */
  readonly leaseMs?: number;
  /** How long a delivery is renewed, in milliseconds: then it is lost, and comes again when its last lease is over. By default for ever. */
  readonly maxLeaseMs?: number;
  /** Whether a renewal is granted; if not, somebody else has the delivery, and it does not come again. By default always. */
  readonly renew?: (value: T) => boolean;
  /** Whether there is a place for dead letters. Default true. */
  readonly deadLetters?: boolean;
  /**
   * How often a queue hands out a message before it puts it among the dead ones by itself; one that waited for the delay
   * of a nack was not handed out anew. By default there is no end.
   */
  readonly maxAttempts?: number;
  /** What `#` stands for. Default `'error'`, as with `cold` and `hot`. */
  readonly error?: unknown;
  /** What the stream is called in messages. Default `deliveries`. */
  readonly name?: string;
}

const OPTIONS = {
  window: true,
  bytes: true,
  hot: true,
  leaseMs: true,
  maxLeaseMs: true,
  renew: true,
  deadLetters: true,
  maxAttempts: true,
  error: true,
  name: true,
} as const;

/**
 * A stream of deliveries for a test, with the real books behind it: each value is at the source from its marble on, and
 * is handed out as soon as the window has room. `#` breaks the session, `|` is the end.
 *
 * A cold one is a log: its diagram begins with the first subscription, after an error the next session goes on at the
 * watermark, after the end or an unsubscription it begins anew with all that is there by then. A hot one is a queue: its
 * diagram begins with the test, or at `^`, and a value waits until it is settled, whoever is subscribed. Of what is nacked
 * with a delay as many wait as half the window holds; the others, and all without a delay, go back to the queue at once.
 *
 * @throws {@link DiagramError} for a diagram that says nothing.
 * @throws {@link InvalidOptionError} for a letter without a value, bytes that are no number, or an option that is unknown or out of range.
 * @throws Error outside of `marbles`.
 * @example
 * import { autoAck } from 'sluice';
 * import { marbles } from 'sluice/testing';
 * marbles(({ deliveries, expectFate, expectObservable }) => {
 *   const orders = deliveries('-a-b|', { a: { id: 1 }, b: { id: 2 } });
 *   expectObservable(orders.pipe(autoAck())).toBe('-a-b|', { a: { id: 1 }, b: { id: 2 } });
 *   expectFate(orders).toBe('                      -a-a|');
 * });
 */
export function deliveries<T = string>(
  diagram: string,
  values?: Readonly<Record<string, T>>,
  options: DeliveriesOptions<T> = {},
): DeliveryStream<T> {
  const run = currentRun();
  const { window, bytes = () => 1, hot = false, name = 'deliveries' } = onlyKnown('deliveries', options, OPTIONS);
  const { deadLetters = true, maxAttempts, error = 'error' } = options;
  if (maxAttempts !== undefined) integerIn('deliveries.maxAttempts', maxAttempts, 1, Number.MAX_SAFE_INTEGER);
  if (!hot && diagram.includes('^'))
    throw new InvalidOptionError('deliveries', diagram, 'may have a ^ only if it is hot');
  const lending = lendingOf(options);
  const timetable = timetableOf(diagram, values, bytes);
  const { items, failuresMs, endMs = 0 } = timetable;
  run.lasts(run.nowMs + Math.max(endMs, items.at(-1)?.atMs ?? 0, failuresMs.at(-1) ?? 0));
  const log = new LogShelf(timetable);
  const queue = new QueueShelf(timetable);
  let startMs = hot ? 0 : undefined;
  return DeliveryStream.reading<T, void, Parcel<T>>({
    name,
    guarantee: 'at-least-once',
    hot,
    window: windowOf(window),
    originOf: ({ value: { item } }) =>
      hot ? { system: 'flo', name, position: item.letter } : { system: 'lance', name, position: BigInt(item.position) },
    readValue: ({ value: { item } }) => item.value,
    open(core: DeliveryCore<Parcel<T>>): DeliverySource<Parcel<T>> {
      startMs ??= run.nowMs;
      const counter: Counter = { run, startMs, takesDead: deadLetters, maxAttempts, error };
      return hot ? new MarbleQueue(core, queue, counter, lending) : new MarbleLog(core, log, counter);
    },
  });
}

function windowOf(window: Partial<WindowLimits> | Window = {}): () => Window {
  if (window instanceof Window) return () => window;
  const limits = { deliveries: 4, bytes: Number.MAX_SAFE_INTEGER, ...window };
  // What is wrong with it is told now, not at the first subscription.
  const first = new Window(limits);
  return () => new Window(first.limits);
}

function lendingOf<T>(options: DeliveriesOptions<T>): Lending<T> | undefined {
  const { hot = false, leaseMs, maxLeaseMs, renew = () => true } = options;
  if (leaseMs === undefined) {
    const idle = (['maxLeaseMs', 'renew'] as const).find((name) => options[name] !== undefined);
    if (idle !== undefined) throw new InvalidOptionError(`deliveries.${idle}`, options[idle], 'needs leaseMs');
    return undefined;
  }
  if (!hot) throw new InvalidOptionError('deliveries.leaseMs', leaseMs, 'needs hot: true, a log lends nothing');
  if (maxLeaseMs !== undefined) milliseconds('deliveries.maxLeaseMs', maxLeaseMs);
  return {
    leaseMs: integerIn('deliveries.leaseMs', leaseMs, 1, 2 ** 31 - 1),
    maxLeaseMs: maxLeaseMs ?? Number.POSITIVE_INFINITY,
    renew,
  };
}
