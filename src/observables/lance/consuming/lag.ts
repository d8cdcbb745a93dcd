import { Observable, ReplaySubject, share, type Subscription } from 'rxjs';
import { clock } from '../../../foundation/clock.js';
import type { Progress } from './progress.js';

/**
 * How many bytes a stream is behind the end of its topic, each time that is different. Where fetches reach the end they
 * have said it; else the server is asked (lance.md 7.11), over the stream's own connection, while somebody subscribes.
 */
export function lagOf(progress: Progress, intervalMs: number, over$: Observable<unknown>): Observable<bigint> {
  return new Observable<bigint>((subscriber) => {
    let shown: number | undefined;
    let isAsking = false;
    let timer: Subscription | undefined;
    const show = (end: number): void => {
      const lag = Math.max(0, end - (progress.position ?? end));
      if (lag === shown) return;
      shown = lag;
      subscriber.next(BigInt(lag));
    };
    const showKnown = (): void => {
      if (progress.knownEnd !== undefined) show(progress.knownEnd);
    };
    const look = (): void => {
      timer?.unsubscribe();
      const reading = progress.attachedTo;
      if (reading === undefined) return showKnown();
      timer = clock.after(intervalMs, look);
      if (progress.hasEndedWithin(intervalMs)) return showKnown();
      if (isAsking) return;
      isAsking = true;
      reading.askEnd(
        (end) => {
          isAsking = false;
          progress.knownEnd = end;
          show(end);
        },
        () => {
          isAsking = false;
        },
      );
    };
    subscriber.add(over$.subscribe({ complete: () => subscriber.complete() }));
    const attached = (): void => {
      showKnown();
      timer?.unsubscribe();
      // That may have been all that was to be known.
      if (subscriber.closed) return;
      // The first fetches may tell.
      timer = clock.after(intervalMs, look);
    };
    // Nobody is asked any more: the stream is draining, or has reached its own end.
    const moved = (): void => {
      if (progress.attachedTo === undefined) showKnown();
    };
    subscriber.add(progress.watch({ moved, attached, ended: show }));
    subscriber.add(() => timer?.unsubscribe());
    look();
  }).pipe(share({ connector: () => new ReplaySubject<bigint>(1) }));
}
