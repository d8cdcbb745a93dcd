import type { Digest } from '../fake-server/digest.js';
import type { ServerPorts } from '../fake-server/messages.js';
import type { TopicPlan } from '../fake-server/synthetic-topic.js';

/** Where a client reads or writes, and how. */
export interface Target {
  readonly host: string;
  readonly ports: ServerPorts;
  readonly topic: TopicPlan;
  readonly settings: Settings;
}

/** What programs can be told; each reads what it knows. */
export interface Settings {
  /** Fetches that may be out at once. */
  readonly prefetch?: number;
  /** What one fetch may bring. */
  readonly fetchBytes?: number;
  /** Payload of a batch. */
  readonly batchBytes?: number;
  /** Batches, or records, that may be unacknowledged. */
  readonly inFlight?: number;
  /** Records that become due in a second, whatever has been acknowledged. */
  readonly perSecond?: number;
  /** The reader starts again where the topic ends. */
  readonly again?: boolean;
}

/** What a running client has counted so far; it only ever adds. */
export interface Tally {
  bytes: number;
  records: number;
  /** From sending to acknowledgement, of clients that measure it. */
  readonly latenciesUs: number[];
}

/** One way of reading or writing a topic, measured in a process of its own. */
export interface ClientProgram {
  /** Works as fast as it can and counts, until the returned function is called. Failures go to `failed`. */
  run(target: Target, tally: Tally, failed: (error: unknown) => void): () => void;
  /**
   * Reads the first `records` records and looks at every byte of their values, or writes as many, and says what they
   * were. Raw clients have nothing to verify.
   */
  verify?(target: Target, records: number): Promise<Digest>;
}
