import { takeUntil, timer, type Observable } from 'rxjs';
import { watchGrowth } from '../harness/memory-growth.js';
import type { Load, ReaderFigures } from './messages.js';

/** What a reader counts. */
export interface Counts {
  taken: number;
  again: number;
  processed: number;
}

/** Subscribes to what `read` builds, watches this process for a while, and unsubscribes. */
export async function watchReader(
  { watchMs }: Load,
  read: (counts: Counts) => Observable<unknown>,
): Promise<ReaderFigures> {
  const counts: Counts = { taken: 0, again: 0, processed: 0 };
  const watch = watchGrowth();
  const from = performance.now();
  await new Promise<void>((resolve, reject) => {
    read(counts)
      .pipe(takeUntil(timer(watchMs)))
      .subscribe({ error: reject, complete: resolve });
  });
  return { ...counts, seconds: (performance.now() - from) / 1000, ...watch() };
}
