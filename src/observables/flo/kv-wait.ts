import { defer, first, repeat, timer, type Observable } from 'rxjs';
import { MAX_WAIT_MS } from '../../codecs/flo/limits.js';
import { clock } from '../../foundation/clock.js';
import { Pacing } from './pacing.js';

/**
 * Asks until there is something or `waitMs` have passed. One request does not do: servers wait for 300 s at most, and
 * one with too many waiters answers at once that there is nothing (flo.md 7.3).
 */
export function askUntil<A>(
  waitMs: number,
  ask: (waitMs: number) => Observable<A | undefined>,
): Observable<A | undefined> {
  return defer(() => {
    const untilMs = clock.now() + waitMs;
    const pacing = new Pacing();
    let askedMs = 0;
    let askedFor = 0;
    const pauseMs = (): number =>
      Math.min(pacing.empty(clock.now() - askedMs, askedFor), Math.max(0, untilMs - clock.now()));
    return defer(() => {
      askedMs = clock.now();
      askedFor = Math.max(1, Math.ceil(Math.min(untilMs - askedMs, MAX_WAIT_MS)));
      return ask(askedFor);
    }).pipe(
      repeat({ delay: () => timer(pauseMs()) }),
      first((found) => found !== undefined || clock.now() >= untilMs),
    );
  });
}
