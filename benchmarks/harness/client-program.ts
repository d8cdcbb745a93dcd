import type { Digest } from '../fake-server/digest.js';
import type { ServerPorts } from '../fake-server/messages.js';

/** What a client reads, and how. */
export interface Target {
  readonly ports: ServerPorts;
  readonly topic: { readonly id: number; readonly name: string };
}

/** What a running client has counted so far; it only ever adds. */
export interface Tally {
  bytes: number;
  records: number;
}

/** One way of reading a topic, measured in a process of its own. */
export interface ClientProgram {
  /** Reads as fast as it can and counts, until the returned function is called. Failures go to `failed`. */
  run(target: Target, tally: Tally, failed: (error: unknown) => void): () => void;
  /** Reads the first `records` records and looks at every byte of their values. Raw clients have nothing to verify. */
  verify?(target: Target, records: number): Promise<Digest>;
}
