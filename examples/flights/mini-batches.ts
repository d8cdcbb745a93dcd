import type { RecordBatch } from 'sluice/lance';
import type { Flight } from './flights.js';

/** Enough flights for one training step. */
export interface MiniBatch {
  /** 0, 1, 2 … in the order of the log; the same each time the batch is delivered. */
  readonly number: number;
  readonly flights: readonly Flight[];
}

/** What lies in the queue: a mini-batch and the rollout under which the store keeps its story. */
export interface QueuedBatch extends MiniBatch {
  readonly rolloutId: string;
}

/** Makes mini-batches of what comes from the log: one fetch, one mini-batch. */
export class MiniBatches {
  readonly #numbers = new Map<bigint, number>();

  from(batch: RecordBatch<Flight>): MiniBatch {
    const number = this.#numbers.get(batch.position) ?? this.#numbers.size;
    this.#numbers.set(batch.position, number);
    return { number, flights: Array.from(batch, (record) => record.value) };
  }
}
