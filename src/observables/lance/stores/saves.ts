import { Observable } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import { keyText } from './key-text.js';
import { OffsetStoreError } from './offset-store-error.js';
import type { OffsetKey, OffsetStore } from './offset-store.js';

/** How long a save may take before whoever waits to load is told. */
const LATE_MS = 30_000;

/** How many saves of one position are under way, and who waits until there are none. */
interface UnderWay {
  count: number;
  readonly waiting: Set<() => void>;
}

/** The positions of one client that are being saved: what is loaded meanwhile may be of before. */
export class Saves {
  private readonly stores = new WeakMap<OffsetStore, Map<string, UnderWay>>();

  /** One begins; the returned function is called when it has ended, in whatever way. */
  began(store: OffsetStore, key: OffsetKey): () => void {
    const saves = this.stores.get(store) ?? new Map<string, UnderWay>();
    this.stores.set(store, saves);
    const text = keyText(key);
    const own = saves.get(text) ?? { count: 0, waiting: new Set() };
    saves.set(text, own);
    own.count++;
    return () => {
      if (--own.count > 0) return;
      saves.delete(text);
      for (const over of [...own.waiting]) over();
    };
  }

  /** Completes when none of this position is under way. */
  ended(store: OffsetStore, key: OffsetKey): Observable<never> {
    return new Observable((subscriber) => {
      const own = this.stores.get(store)?.get(keyText(key));
      if (own === undefined) return subscriber.complete();
      const over = (): void => subscriber.complete();
      own.waiting.add(over);
      const late = clock.after(LATE_MS, () => {
        const message = `the position of "${key.consumer}" is still being saved after ${LATE_MS} ms`;
        subscriber.error(new OffsetStoreError(message, { retryable: true, context: { ...key } }));
      });
      late.add(() => own.waiting.delete(over));
      return late;
    });
  }
}
