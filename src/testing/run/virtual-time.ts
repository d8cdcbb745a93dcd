import { TestScheduler } from 'rxjs/testing';
import { showValue } from '../marbles/show-value.js';

/** Thrown through a flush to end it early. */
class Stop extends Error {}

/** RxJS's scheduler for tests, which can be stopped, and says when a millisecond is over. */
export class VirtualTime extends TestScheduler {
  /** Called with the time of each millisecond in which something happened, when it is over. */
  frameEnds: (atMs: number) => void = () => {};
  /** Virtual time does not get beyond this: `limitReached` is called instead, and nothing more happens. */
  limitMs = Number.POSITIVE_INFINITY;
  limitReached: () => void = () => {};
  private failure: { readonly error: unknown } | undefined;

  constructor(assertDeepEqual: (actual: unknown, expected: unknown) => void) {
    super(assertDeepEqual);
    let frame = 0;
    // RxJS sets it before each action; there is no other place to learn that a millisecond is over.
    Object.defineProperty(this, 'frame', {
      get: () => frame,
      set: (next: number) => {
        if (this.failure !== undefined) throw new Stop();
        if (next > frame) this.frameEnds(frame);
        if (next > this.limitMs) {
          this.limitReached();
          throw new Stop();
        }
        frame = next;
      },
    });
  }

  /** Nothing more happens; `flush` throws the first of these errors. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  override flush(): void {
    try {
      super.flush();
    } catch (error) {
      this.actions.length = 0;
      if (!(error instanceof Stop)) this.fail(inWords(error));
      // What was expected is compared all the same.
      else if (this.failure === undefined) super.flush();
    }
    if (this.failure !== undefined) throw this.failure.error;
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
