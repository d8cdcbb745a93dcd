import { TestScheduler } from 'rxjs/testing';
import { showValue } from '../marbles/show-value.js';
import { GuardError } from './guard-error.js';
import { ofPresentLife } from './lives.js';
import { scheduling } from './schedulers.js';

/** Thrown through a flush to end it early. */
class Stop extends Error {}

/** RxJS's scheduler for tests, which can be stopped, and says when a millisecond is over. */
export class VirtualTime extends TestScheduler {
  /** Called with the time of each millisecond in which something happened, when it is over. */
  frameEnds: (atMs: number) => void = () => {};
  /** Virtual time does not get beyond this: nothing more happens unless `limitReached` moves it. */
  limitMs = Number.POSITIVE_INFINITY;
  limitReached: (nextMs: number) => void = () => {};
  /** Called with the last moment of a diagram that the test begins with. */
  announced: (untilMs: number) => void = () => {};
  private readonly living = scheduling<TestScheduler>(this, ofPresentLife);
  private failure: { readonly error: unknown } | undefined;
  private runs = false;

  constructor(assertDeepEqual: (actual: unknown, expected: unknown) => void) {
    super(assertDeepEqual);
    let frame = 0;
    // RxJS sets it before each action; there is no other place to learn that a millisecond is over.
    Object.defineProperty(this, 'frame', {
      get: () => frame,
      set: (next: number) => {
        if (this.failure !== undefined) throw new Stop();
        // What comes before a ^ is before the beginning.
        if (next > frame && frame >= 0) this.frameEnds(frame);
        if (next > this.limitMs) this.limitReached(next);
        if (next > this.limitMs) throw new Stop();
        frame = next;
      },
    });
  }

  /** Nothing more happens; `flush` throws the first of these errors. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  /** Its messages are timers of whoever subscribes. */
  override createColdObservable<T = string>(marbles: string, values?: Record<string, T>, error?: unknown) {
    const cold = super.createColdObservable(marbles, values, error);
    cold.scheduler = this.living;
    this.announce(cold.messages);
    return cold;
  }

  override createHotObservable<T = string>(marbles: string, values?: Record<string, T>, error?: unknown) {
    const hot = super.createHotObservable(marbles, values, error);
    this.announce(hot.messages);
    // RxJS begins with them when time does, which it has.
    if (this.runs) this.hotObservables.pop()?.setup();
    return hot;
  }

  override flush(): void {
    if (this.runs) throw new GuardError('flush: virtual time is running already; a script waits by yield');
    this.runs = true;
    try {
      super.flush();
    } catch (error) {
      this.actions.length = 0;
      if (!(error instanceof Stop)) this.fail(inWords(error));
      // What was expected is compared all the same.
      else if (this.failure === undefined) super.flush();
    } finally {
      this.runs = false;
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  /** Later ones may be made again and again, and make no test longer. */
  private announce(messages: readonly { readonly frame: number }[]): void {
    if (!this.runs) this.announced(this.frame + (messages.at(-1)?.frame ?? 0));
  }
}

/** RxJS throws what a subscriber without an error handler is told, and the `#` of a diagram is a text. */
function inWords(thrown: unknown): unknown {
  if (typeof thrown === 'object' && thrown !== null) return thrown;
  return new Error(
    `${showValue(thrown)} was thrown and nobody caught it: most likely an Observable had this error, and its subscriber ` +
      'handles none: subscribe({ next, error })',
    { cause: thrown },
  );
}
