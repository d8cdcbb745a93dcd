import type { LightningRoute } from './routes/route.js';

/** What an embedded Lightning server has seen and done since it was made; for assertions. */
export interface LightningCounters {
  /** Requests received, whatever became of them. */
  readonly requests: number;
  /** Those whose path and method lead somewhere, by route. */
  readonly routes: ReadonlyMap<LightningRoute, number>;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests whose connection was dropped on purpose. */
  readonly dropped: number;
  /** Clients that left before they had an answer. */
  readonly left: number;
  /** Bytes of bodies received and sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The same, writable: for the server itself. */
export class Tally implements LightningCounters {
  requests = 0;
  readonly routes = new Map<LightningRoute, number>();
  readonly statuses = new Map<number, number>();
  dropped = 0;
  left = 0;
  bytesIn = 0;
  bytesOut = 0;

  route(name: LightningRoute): void {
    this.routes.set(name, (this.routes.get(name) ?? 0) + 1);
  }

  status(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}
