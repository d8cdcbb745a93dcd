import { integerIn, milliseconds } from '../../foundation/check.js';
import type { LightningRoute } from './routes/route.js';

type Kind = 'refuse' | 'fail' | 'delay' | 'dropBefore' | 'dropAfter' | 'swallow' | 'cut' | 'mislabel';

interface Fault {
  readonly route: LightningRoute | undefined;
  /** A status or a delay. */
  readonly value: number;
}

/**
 * Misfortune on demand, for tests of clients. What is asked for `next` things is used up by them, whoever sends them, and
 * adds up when asked for twice. With a `route`, only requests of that route are meant.
 *
 * @example
 * import { LightningServer } from 'sluice/embedded';
 * const server = LightningServer.inMemory();
 * server.faults.failNextRequests(2, 503, 'enqueue');
 */
export class LightningFaults {
  readonly #planned = new Map<Kind, Fault[]>();
  readonly #dropConnections: () => void;

  constructor(dropConnections: () => void) {
    this.#dropConnections = dropConnections;
  }

  /** Drops all connections now; requests under way get no answer. Clients may come back at once. */
  dropConnections(): void {
    this.#dropConnections();
  }

  /** The next `count` requests do nothing and their connections are dropped. */
  dropNextRequests(count: number, route?: LightningRoute): void {
    this.#plan('refuse', count, route);
  }

  /** The next `count` requests do nothing and are answered with this status, such as 500, 503 or 408. */
  failNextRequests(count: number, status: number, route?: LightningRoute): void {
    this.#plan('fail', count, route, integerIn('status', status, 400, 599));
  }

  /** The next `count` requests are carried out at once and answered `delayMs` later. */
  delayNextAnswers(count: number, delayMs: number, route?: LightningRoute): void {
    this.#plan('delay', count, route, milliseconds('delayMs', delayMs));
  }

  /** The next `count` requests are carried out, then their connection is dropped instead of answering. */
  dropBeforeNextAnswers(count: number, route?: LightningRoute): void {
    this.#plan('dropBefore', count, route);
  }

  /** The next `count` requests are answered, then their connection ends. */
  dropAfterNextAnswers(count: number, route?: LightningRoute): void {
    this.#plan('dropAfter', count, route);
  }

  /** The next `count` requests are carried out and never answered. */
  swallowNextAnswers(count: number, route?: LightningRoute): void {
    this.#plan('swallow', count, route);
  }

  /** The connections of the next `count` requests break in the middle of the answer. */
  truncateNextAnswers(count: number, route?: LightningRoute): void {
    this.#plan('cut', count, route);
  }

  /** The next `count` answers say that they are `text/html`, as those of a proxy do that stands in between. */
  mislabelNextAnswers(count: number, route?: LightningRoute): void {
    this.#plan('mislabel', count, route);
  }

  /** Takes back everything that was asked for and has not happened yet. */
  clear(): void {
    this.#planned.clear();
  }

  /** @internal Uses up one fault of this kind, if there is one for this route; returns its value. */
  take(kind: Kind, route: LightningRoute | undefined): number | undefined {
    const faults = this.#planned.get(kind);
    if (faults === undefined) return undefined;
    const index = faults.findIndex((fault) => fault.route === undefined || fault.route === route);
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (faults.length === 0) this.#planned.delete(kind);
    return fault?.value;
  }

  #plan(kind: Kind, count: number, route: LightningRoute | undefined, value = 0): void {
    const faults = this.#planned.get(kind) ?? [];
    for (let left = integerIn('count', count, 1, 1_000_000); left > 0; left--) faults.push({ route, value });
    this.#planned.set(kind, faults);
  }
}
