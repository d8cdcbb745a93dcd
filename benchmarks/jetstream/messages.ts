import type { GrowthFigures } from '../harness/memory-growth.js';

/** One stream of records and one handler, whoever reads it. */
export interface Load {
  /** Name of the JetStream stream, of its subject and of the Lance topic. */
  readonly name: string;
  readonly records: number;
  readonly recordBytes: number;
  /** What the handler needs for one record. */
  readonly slowMs: number;
  /** How long the reader is watched. */
  readonly watchMs: number;
}

/** Where the peer's packages are, and where its server listens. */
export interface Peer {
  readonly packages: string;
  readonly server: string;
}

/** Asked of `jetstream-process`. */
export type JetStreamQuestion =
  | { readonly ask: 'fill'; readonly load: Load; readonly peer: Peer }
  | { readonly ask: 'read'; readonly load: Load; readonly peer: Peer; readonly acks: 'none' | 'explicit' };

/** Asked of `sluice-process`. */
export type SluiceQuestion =
  | { readonly ask: 'log'; readonly load: Load; readonly port: number }
  | { readonly ask: 'queue'; readonly load: Load; readonly port: number; readonly deliveries: number };

/** Asked of `queue-server-process`; answered with the port once the queue is full. */
export interface QueueServerQuestion {
  readonly load: Load;
}

/** What became of the load within the time it was watched. */
export interface ReaderFigures extends GrowthFigures {
  /** Records that the pipeline had taken in. */
  readonly taken: number;
  /** Of these, the ones that had come before. */
  readonly again: number;
  /** Records that the slow handler was done with. */
  readonly processed: number;
  readonly seconds: number;
}
