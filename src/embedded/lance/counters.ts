/** What an embedded Lance server has seen and done since it was made; for assertions. */
export interface LanceCounters {
  readonly connections: { readonly open: number; readonly total: number };
  /** Frames received, by kind. Keepalives are echoed one for one. */
  readonly frames: {
    readonly control: number;
    readonly ingest: number;
    readonly keepalive: number;
    readonly ack: number;
    readonly backpressure: number;
    readonly unknown: number;
  };
  /** Control frames received by command code (`Command`). */
  readonly commands: ReadonlyMap<number, number>;
  /** Connections that were closed because of what they sent. */
  readonly brokenFrames: number;
  /** Ingest acks and error responses sent. */
  readonly acks: number;
  readonly errors: number;
  /** Bytes received, and bytes handed to connections for sending, headers included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes of topic data in fetch responses. */
  readonly bytesFetched: number;
  /** Bytes of topic data accepted from ingests. */
  readonly bytesIngested: number;
}

/** The same, writable: for the server itself. */
export class Tally implements LanceCounters {
  readonly connections = { open: 0, total: 0 };
  readonly frames = { control: 0, ingest: 0, keepalive: 0, ack: 0, backpressure: 0, unknown: 0 };
  readonly commands = new Map<number, number>();
  brokenFrames = 0;
  acks = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  bytesFetched = 0;
  bytesIngested = 0;
}
