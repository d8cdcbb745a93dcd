import { Observable, type MonoTypeOperatorFunction, type Subscriber, type Subscription } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { InvalidOptionError } from '../../foundation/errors.js';
import { onlyKnown, type OptionNames } from '../../foundation/known-options.js';
import { backoffPolicy, delaysOf, type BackoffPolicy, type Jitter } from '../../foundation/backoff/policy.js';
import type { Delays } from '../../foundation/backoff/exponential.js';
import type { Random } from '../../foundation/backoff/full-jitter.js';
import { clock } from '../../foundation/clock.js';
import { within } from './within.js';

/** Options of {@link pollBackoff}. */
export interface PollBackoffOptions<T> {
  /** The delay after the first empty answer, in milliseconds (default 5). */
  readonly initialMs?: number | undefined;
  /** No delay is longer than this, in milliseconds (default 50, or `initialMs` if that is more). */
  readonly maxMs?: number | undefined;
  /** Growth from one delay to the next, at least 1 (default 2). */
  readonly factor?: number | undefined;
  /** `'none'` (default): exactly the delay; `'full'`: evenly between 0 and the delay. */
  readonly jitter?: Jitter | undefined;
  /** The source of jitter (default `Math.random`). */
  readonly random?: Random | undefined;
  /** Which values say that there was nothing, such as an empty page (default: none). They are emitted like all others. */
  readonly isEmpty?: ((value: T) => boolean) | undefined;
  /** Completes after the first value for which this is true; that value is still emitted (default: never). */
  readonly until?: ((value: T) => boolean) | undefined;
}

const NAMES: OptionNames<PollBackoffOptions<unknown>> = {
  initialMs: true,
  maxMs: true,
  factor: true,
  jitter: true,
  random: true,
  isEmpty: true,
  until: true,
};

interface PollPlan<T> {
  readonly delays: Delays;
  readonly isEmpty: (value: T) => boolean;
  readonly until: (value: T) => boolean;
}

/**
 * Repeats a cold source that answers with what there is: at once after an answer that brought something, after a growing
 * delay when it came back empty. An answer is empty if it completed with no value but such as `isEmpty` accepts.
 *
 * It never completes by itself unless `until` says so; errors pass. Repeats of a synchronous source run in a loop, not in
 * a recursion: one that always has something keeps the thread until somebody below unsubscribes.
 *
 * @throws InvalidOptionError when called with an option out of range.
 * @example
 * import { defer, from, take } from 'rxjs';
 * import { pollBackoff } from 'sluice';
 * const inbox = [['a', 'b'], [], [], ['c']];
 * defer(() => from(inbox.shift() ?? []))
 *   .pipe(pollBackoff({ initialMs: 5, maxMs: 50 }), take(3))
 *   .subscribe((letter) => console.log(letter)); // a, b and, 15 ms later, c
 */
export function pollBackoff<T>(options: PollBackoffOptions<T> = {}): MonoTypeOperatorFunction<T> {
  const plan = pollPlan(options);
  return (source) => new Observable((subscriber) => new Polling(source, subscriber, plan).repeat());
}

function pollPlan<T>(options: PollBackoffOptions<T>): PollPlan<T> {
  onlyKnown('pollBackoff', options, NAMES);
  const { initialMs = 5, factor, jitter = 'none', random, isEmpty = never, until = never } = options;
  const { maxMs = Math.max(50, milliseconds('initialMs', initialMs)) } = options;
  const delays = delaysOf({ initialMs, maxMs, factor, jitter, random });
  if (typeof isEmpty !== 'function')
    throw new InvalidOptionError('isEmpty', isEmpty, 'must be a function of the value');
  if (typeof until !== 'function') throw new InvalidOptionError('until', until, 'must be a function of the value');
  return { delays, isEmpty, until };
}

const never = (): boolean => false;

/** The polls of one subscriber. */
class Polling<T> {
  readonly #source: Observable<T>;
  readonly #subscriber: Subscriber<T>;
  readonly #plan: PollPlan<T>;
  readonly #backoff: BackoffPolicy;
  #timer: Subscription | undefined;
  #empty = true;
  #polling = false;
  #due = false;

  constructor(source: Observable<T>, subscriber: Subscriber<T>, plan: PollPlan<T>) {
    this.#source = source;
    this.#subscriber = subscriber;
    this.#plan = plan;
    this.#backoff = backoffPolicy(plan.delays);
    subscriber.add(() => this.#timer?.unsubscribe());
  }

  /** Polls until an answer lets it wait. A poll that ends inside `subscribe` only asks for the next round of this loop. */
  repeat(): void {
    this.#due = true;
    if (this.#polling) return;
    this.#polling = true;
    while (this.#due) {
      this.#due = false;
      this.#poll();
    }
    this.#polling = false;
  }

  #poll(): void {
    this.#empty = true;
    const subscriber = this.#subscriber;
    const inner = within<T>(subscriber, {
      next: (value) => this.#next(value),
      error: (error: unknown) => subscriber.error(error),
      complete: () => {
        inner.unsubscribe();
        this.#answered();
      },
    });
    this.#source.subscribe(inner);
  }

  #next(value: T): void {
    const { isEmpty, until } = this.#plan;
    let last: boolean;
    try {
      if (this.#empty) this.#empty = isEmpty(value);
      last = until(value);
    } catch (thrown) {
      this.#subscriber.error(thrown);
      return;
    }
    this.#subscriber.next(value);
    if (last) this.#subscriber.complete();
  }

  #answered(): void {
    if (this.#empty) {
      this.#timer = clock.after(this.#backoff.next(), () => this.repeat());
      return;
    }
    this.#backoff.reset();
    this.repeat();
  }
}
