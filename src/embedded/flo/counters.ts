import type { FloProtocol } from '../../codecs/flo/codec.js';

/** What an embedded Flo server has seen and done since it was made; for assertions. */
export interface FloCounters {
  readonly connections: { readonly open: number; readonly total: number };
  /** Whole requests received, by generation of the wire. */
  readonly frames: Readonly<Record<FloProtocol, number>>;
  /** Requests by operation, such as `kv.get`; what it does not know counts under `unknown`. */
  readonly requests: ReadonlyMap<string, number>;
  /** Answers by status, those refused with id 0 included. */
  readonly answers: ReadonlyMap<number, number>;
  /** Connections that were ended because of what they sent. */
  readonly brokenFrames: number;
  /** Requests that wait at this moment. */
  readonly waiting: number;
  /** What happened in all queues together. A lease is counted as expired when somebody next looks at a queue. */
  readonly queues: {
    readonly enqueued: number;
    readonly deduplicated: number;
    readonly handedOut: number;
    readonly acked: number;
    readonly nacked: number;
    readonly leasesExpired: number;
    readonly deadLettered: number;
  };
  /** Bytes received, and bytes handed to connections for sending, headers included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The same, writable: for the server itself. */
export class Tally implements FloCounters {
  readonly connections = { open: 0, total: 0 };
  readonly frames = { 'v1-32': 0, 'v2-table': 0 };
  readonly requests = new Map<string, number>();
  readonly answers = new Map<number, number>();
  brokenFrames = 0;
  readonly queues = {
    enqueued: 0,
    deduplicated: 0,
    handedOut: 0,
    acked: 0,
    nacked: 0,
    leasesExpired: 0,
    deadLettered: 0,
  };
  bytesIn = 0;
  bytesOut = 0;
  readonly #waiting: () => number;

  constructor(waiting: () => number) {
    this.#waiting = waiting;
  }

  get waiting(): number {
    return this.#waiting();
  }
}

/** Counts one more under this key. */
export function countUp<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
