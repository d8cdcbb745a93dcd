import { delay, Observable, of } from 'rxjs';
import { clock } from '../../src/foundation/clock.js';
import type { OffsetKey, OffsetStore } from '../../src/observables/lance/stores/offset-store.js';
import type { MarbleEvent, Recording } from '../../src/testing.js';

/**
 * A store that takes its time, and remembers all that was asked of it. A recording of the positions that it is told to
 * save; if that takes time, `s` is the end of it.
 */
export class SlowStore implements OffsetStore, Recording {
  readonly name = 'saved positions';
  readonly events: MarbleEvent[] = [];
  readonly legend = { s: 'saved' };
  readonly offsets = new Map<string, bigint>();
  readonly saves: { readonly atMs: number; readonly key: OffsetKey; readonly offset: bigint }[] = [];
  readonly keys: OffsetKey[] = [];
  /** Saves that have begun and not ended. */
  running = 0;
  mostRunning = 0;

  constructor(
    private readonly saveMs = 0,
    private readonly loadMs = 0,
  ) {}

  load(key: OffsetKey): Observable<bigint | undefined> {
    this.keys.push(key);
    return new Observable<bigint | undefined>((subscriber) =>
      of(this.offsets.get(key.consumer)).pipe(delay(this.loadMs)).subscribe(subscriber),
    );
  }

  save(key: OffsetKey, offset: bigint): Observable<unknown> {
    this.saves.push({ atMs: clock.now(), key, offset });
    this.events.push({ atMs: clock.now(), kind: 'next', value: Number(offset) });
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    return new Observable((subscriber) =>
      clock.after(this.saveMs, () => {
        this.running--;
        this.offsets.set(key.consumer, offset);
        if (this.saveMs > 0) this.events.push({ atMs: clock.now(), kind: 'next', value: 'saved' });
        subscriber.next(undefined);
        subscriber.complete();
      }),
    );
  }

  delete({ consumer }: OffsetKey): Observable<unknown> {
    return of(this.offsets.delete(consumer));
  }

  /** The offsets that were saved, in order. */
  get saved(): number[] {
    return this.saves.map(({ offset }) => Number(offset));
  }
}
