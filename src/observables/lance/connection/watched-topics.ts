import { Observable, ReplaySubject, share, type Subscription } from 'rxjs';
import type { TopicInfo } from '../../../codecs/lance/topic-json.js';
import { clock } from '../../../foundation/clock.js';
import { SluiceError } from '../../../foundation/errors.js';
import { Reconnector, type ReconnectOptions } from '../../../transports/reconnect.js';

/**
 * All topics by rising id: at once, then each time they have changed. The server is asked every `intervalMs`, while
 * somebody is subscribed, once for all of them; while it can't be reached, after the pauses of reconnects, of which
 * `pausing` hears.
 */
export function watchedTopics(
  list: Observable<readonly TopicInfo[]>,
  intervalMs: number,
  reconnect: ReconnectOptions,
  pausing: (isPausing: boolean) => void,
): Observable<readonly TopicInfo[]> {
  const watched = new Observable<readonly TopicInfo[]>((subscriber) => {
    let told: readonly TopicInfo[] | undefined;
    let asked: Subscription | undefined;
    let pause: Subscription | undefined;
    const ask = (): void => {
      asked = list.subscribe({
        next: (topics) => {
          reconnector.succeeded();
          const sorted = [...topics].sort((one, other) => one.id - other.id);
          if (told !== undefined && areSame(told, sorted)) return;
          told = sorted;
          subscriber.next(sorted);
        },
        error: (error: unknown) => {
          const passes = error instanceof SluiceError && error.retryable;
          if (!passes || !reconnector.failed()) subscriber.error(error);
        },
        complete: () => {
          pause = clock.after(intervalMs, ask);
        },
      });
    };
    const reconnector = new Reconnector(reconnect, ask, pausing);
    ask();
    return () => {
      asked?.unsubscribe();
      pause?.unsubscribe();
      reconnector.stop();
    };
  });
  return watched.pipe(share({ connector: () => new ReplaySubject(1) }));
}

function areSame(before: readonly TopicInfo[], now: readonly TopicInfo[]): boolean {
  return (
    before.length === now.length &&
    before.every(({ id, name, createdAt }, at) => {
      const other = now[at];
      return other?.id === id && other.name === name && other.createdAt === createdAt;
    })
  );
}
