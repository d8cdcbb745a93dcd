/** Nanoseconds of CPU, one figure per round. */
export interface OperatorFigures {
  /** `records()` beyond a loop over the batch, per record. */
  readonly flattened: readonly number[];
  /** The same with `map` and `filter` behind it. */
  readonly withTwo: readonly number[];
  /** Five operators beyond none, per batch. */
  readonly five: readonly number[];
  /** Consuming one batch without a socket: request, checksum, index, delivery, ack. */
  readonly batch: readonly number[];
}

export interface OperatorQuestion {
  readonly rounds: number;
  /** Batches per figure. */
  readonly batches: number;
}
