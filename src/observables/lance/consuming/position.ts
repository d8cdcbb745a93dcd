import { Observable, type Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import type { Progress } from './progress.js';

/** The position below which everything is settled: the present one, then each change, at most one a turn. */
export function positionOf(progress: Progress, over$: Observable<unknown>): Observable<bigint> {
  return new Observable<bigint>((subscriber) => {
    let shown: number | undefined;
    let turn: Subscription | undefined;
    const show = (): void => {
      turn = undefined;
      const { position } = progress;
      if (position === undefined || position === shown) return;
      shown = position;
      subscriber.next(BigInt(position));
    };
    const moved = (): void => {
      turn ??= clock.after(0, show);
    };
    subscriber.add(() => turn?.unsubscribe());
    subscriber.add(progress.watch({ moved }));
    show();
    subscriber.add(
      over$.subscribe({
        complete: () => {
          show();
          subscriber.complete();
        },
      }),
    );
  });
}
