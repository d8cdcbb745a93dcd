import { LanceError } from '../../codecs/lance/errors.js';

/** `'refused'`: the server says that it did not take the batch. `'unknown'`: it may have been written all the same. */
export type BatchOutcome = 'refused' | 'unknown';

/** A sealed frame on its way; ids are safe numbers, and no two are alike. */
export interface Batch {
  readonly id: number;
  readonly frame: Uint8Array;
  acked(): void;
  rejected(error: LanceError, outcome: BatchOutcome): void;
}

/**
 * Finds out which batch an answer belongs to. Acks come in send order; errors carry no id and may overtake acks of
 * earlier batches, so they are matched by what the next ack skips (lance.md 6.4).
 */
export class AckMatcher {
  private readonly outstanding: Batch[] = [];
  private readonly errors: LanceError[] = [];

  get isEmpty(): boolean {
    return this.outstanding.length === 0;
  }

  sent(batch: Batch): void {
    this.outstanding.push(batch);
  }

  acked(id: number): void {
    if (this.outstanding[0]?.id === id && this.errors.length === 0) {
      this.outstanding.shift()?.acked();
      return;
    }
    const at = this.outstanding.findIndex((batch) => batch.id === id);
    // An ack for nothing that is outstanding tells nothing.
    if (at < 0) return;
    const skipped = this.outstanding.splice(0, at).map((batch) => ({ batch, error: this.errors.shift() }));
    const acked = this.outstanding.shift();
    // Before anyone is told: who is told may send more, and an error that is here already can't be about that.
    const rejected = this.certain();
    for (const { batch, error } of skipped) reject(batch, error);
    acked?.acked();
    for (const { batch, error } of rejected) reject(batch, error);
  }

  refused(error: LanceError): void {
    this.errors.push(error);
    for (const { batch, error: own } of this.certain()) reject(batch, own);
  }

  /** As many errors as batches: each has its own, in order. */
  private certain(): { readonly batch: Batch; readonly error: LanceError | undefined }[] {
    if (this.errors.length === 0 || this.errors.length < this.outstanding.length) return [];
    const errors = this.errors.splice(0);
    return this.outstanding.splice(0).map((batch, at) => ({ batch, error: errors[at] }));
  }
}

function reject(batch: Batch, error: LanceError | undefined): void {
  if (error !== undefined) return batch.rejected(error, 'refused');
  const passedOver = new LanceError('the server passed over this batch: its outcome is unknown', { retryable: true });
  batch.rejected(passedOver, 'unknown');
}
