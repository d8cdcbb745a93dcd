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
  /** Pouring one record of 100 B, or of 1 KiB, into a sink without a socket, to its acknowledgement. */
  readonly poured100: readonly number[];
  readonly poured1024: readonly number[];
}

export interface OperatorQuestion {
  readonly rounds: number;
  /** Batches per figure. */
  readonly batches: number;
}
