import { defer, ignoreElements, tap, type Observable } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { notePromise } from '../../delivery/witness.js';
import type { OffsetKey, OffsetStore } from '../stores/offset-store.js';

/** A consumer's place in a store, and when it was last to be written there. */
export class KeptOffset {
  private stored: number | undefined;
  private lastMs = clock.now();

  /** `position` is where the consumer stands, so that it need not be stored; undefined if it must be, wherever that is. */
  constructor(
    private readonly store: OffsetStore,
    private readonly key: OffsetKey,
    position: number | undefined,
  ) {
    this.stored = position;
  }

  get consumer(): string {
    return this.key.consumer;
  }

  /** Whether the consumer has moved. */
  differs(position: number): boolean {
    return position !== this.stored;
  }

  isDue(position: number, intervalMs: number): boolean {
    return intervalMs > 0 && this.differs(position) && clock.now() - this.lastMs >= intervalMs;
  }

  /** Completes when it is stored. Until then it is not due again at once, nor if that takes long. */
  save(position: number): Observable<never> {
    return defer(() => {
      const beforeMs = this.lastMs;
      this.lastMs = clock.now();
      return defer(() => notePromise('OffsetStore: save', this.store.save(this.key, BigInt(position)))).pipe(
        ignoreElements(),
        tap({
          error: () => {
            this.lastMs = beforeMs;
          },
          complete: () => {
            this.stored = position;
            this.lastMs = clock.now();
          },
        }),
      );
    });
  }
}
