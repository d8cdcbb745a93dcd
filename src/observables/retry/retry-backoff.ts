import { Observable, type MonoTypeOperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import { backoffPolicy, type BackoffPolicy } from '../../foundation/backoff/policy.js';
import { clock } from '../../foundation/clock.js';
import { retryPlan, type RetryBackoffOptions, type RetryPlan } from './retry-options.js';
import { within } from './within.js';

/**
 * Subscribes again, after a growing and jittered delay, when the source errors.
 *
 * It stands outermost in a pipeline and is for sessions: a connection that broke, a server that restarted. Retrying one
 * delivery is the business of `work`; what its policy lets through is a `HandlerError`, which is not retryable and passes
 * at once. By default a {@link SluiceError} is retried if it is `retryable`, and every other error always, as RxJS's own
 * `retry` does: pass `when` if errors of your own code can reach it. Giving up passes on the last error, untouched;
 * what `when` throws is passed on in its place.
 *
 * All counts start again after a *stable* subscription: one that emitted, and errored only `resetAfterMs` or more after
 * its first emission. One that never emitted proves nothing, however long it took to fail.
 *
 * @throws InvalidOptionError when called with an option out of range.
 * @example
 * import { defer, of, throwError } from 'rxjs';
 * import { retryBackoff } from 'sluice';
 * let attempts = 0;
 * defer(() => (++attempts < 3 ? throwError(() => new Error('refused')) : of('connected')))
 *   .pipe(retryBackoff({ initialMs: 10, maxAttempts: 5 }))
 *   .subscribe((state) => console.log(state, 'at attempt', attempts)); // connected at attempt 3
 */
export function retryBackoff<T>(options: RetryBackoffOptions = {}): MonoTypeOperatorFunction<T> {
  const plan = retryPlan(options);
  return (source) => new Observable((subscriber) => new Retrying(source, subscriber, plan).attempt());
}

/** The attempts of one subscriber. */
class Retrying<T> {
  readonly #source: Observable<T>;
  readonly #subscriber: Subscriber<T>;
  readonly #plan: RetryPlan;
  readonly #backoff: BackoffPolicy;
  #timer: Subscription | undefined;
  #failures = 0;
  #firstFailureAt = 0;
  #firstValueAt: number | undefined;

  constructor(source: Observable<T>, subscriber: Subscriber<T>, plan: RetryPlan) {
    this.#source = source;
    this.#subscriber = subscriber;
    this.#plan = plan;
    this.#backoff = backoffPolicy(plan.delays);
    subscriber.add(() => this.#timer?.unsubscribe());
  }

  attempt(): void {
    this.#firstValueAt = undefined;
    const subscriber = this.#subscriber;
    const inner = within<T>(subscriber, {
      next: (value) => {
        this.#firstValueAt ??= clock.now();
        subscriber.next(value);
      },
      error: (error: unknown) => {
        // The source gives back what it holds before anyone decides what comes next.
        inner.unsubscribe();
        this.#failed(error);
      },
      complete: () => subscriber.complete(),
    });
    this.#source.subscribe(inner);
  }

  #failed(error: unknown): void {
    let delay: number | undefined;
    try {
      delay = this.#delayAfter(error);
    } catch (thrown) {
      this.#subscriber.error(thrown);
      return;
    }
    if (delay === undefined) this.#subscriber.error(error);
    else this.#timer = clock.after(delay, () => this.attempt());
  }

  /** How long to wait before the next attempt; undefined: give up. */
  #delayAfter(error: unknown): number | undefined {
    const { resetAfterMs, maxAttempts, maxElapsedMs, when } = this.#plan;
    const now = clock.now();
    if (this.#firstValueAt !== undefined && now - this.#firstValueAt >= resetAfterMs) {
      this.#failures = 0;
      this.#backoff.reset();
    }
    if (this.#failures === 0) this.#firstFailureAt = now;
    this.#failures += 1;
    if (this.#failures >= maxAttempts || !when(error)) return undefined;
    const delay = this.#backoff.next();
    return now + delay - this.#firstFailureAt > maxElapsedMs ? undefined : delay;
  }
}
