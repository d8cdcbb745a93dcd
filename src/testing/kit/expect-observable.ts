import { isDeepStrictEqual } from 'node:util';
import { materialize, Observable, Subscription, type ObservableNotification } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { equals } from '../marbles/equality.js';
import type { Legend, MarbleEvent, Recording } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';

/** RxJS's own, but for the message when it fails, which shows both diagrams and the line of the expectation. */
export function expectObservableIn(run: MarbleRun, { expectObservable }: RunHelpers): RunHelpers['expectObservable'] {
  return (observable, subscriptionMarbles) => ({
    toBe: function toBe(diagram, values: Legend | undefined, error: unknown = 'error') {
      run.expect(new Observed(run, observable, subscriptionMarbles), diagram, values, error, toBe);
    },
    toEqual: (other) => expectObservable(observable, subscriptionMarbles).toEqual(other),
  });
}

/** What an Observable tells from the moment that a diagram of a subscription names, at once by default. */
class Observed implements Recording {
  readonly name = 'observable';
  readonly events: MarbleEvent[] = [];

  constructor(
    private readonly run: MarbleRun,
    observable: Observable<unknown>,
    marbles: string | null = null,
  ) {
    const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(marbles, true);
    const subscription = new Subscription();
    const subscribedMs = Number.isFinite(subscribedFrame) ? subscribedFrame : 0;
    run.scheduler.schedule(() => this.subscribe(observable, subscription), subscribedMs);
    if (!Number.isFinite(unsubscribedFrame)) return;
    run.lasts(unsubscribedFrame);
    run.scheduler.schedule(() => subscription.unsubscribe(), unsubscribedFrame);
  }

  /** An Observable as a value is what it tells; a cold one of RxJS's stands for its messages. */
  matches(actual: unknown, expected: unknown): boolean {
    if (!(actual instanceof Inner)) return equals(actual, expected);
    return expected instanceof Observable && 'messages' in expected && actual.tells(expected.messages);
  }

  private subscribe(observable: Observable<unknown>, subscription: Subscription): void {
    const note = (kind: MarbleEvent['kind'], value?: unknown): void => {
      this.run.worked();
      this.events.push({ atMs: this.run.nowMs, kind, value });
    };
    subscription.add(
      observable.subscribe({
        next: (value) => note('next', value instanceof Observable ? new Inner(this.run, value) : value),
        error: (error: unknown) => note('error', error),
        complete: () => note('complete'),
      }),
    );
  }
}

/** What an Observable that came as a value tells, from the moment at which it came. */
class Inner {
  private readonly messages: { readonly frame: number; readonly notification: ObservableNotification<unknown> }[] = [];

  constructor(run: MarbleRun, observable: Observable<unknown>) {
    const beganMs = run.nowMs;
    observable.pipe(materialize()).subscribe((notification) => {
      this.messages.push({ frame: run.nowMs - beganMs, notification });
    });
  }

  tells(messages: unknown): boolean {
    return isDeepStrictEqual(this.messages.map(plain), Array.isArray(messages) ? messages.map(plain) : messages);
  }
}

/** Without the class that RxJS has for some of them. */
function plain({ frame, notification }: Inner['messages'][number]): unknown {
  const { kind } = notification;
  if (kind === 'N') return { frame, kind, value: notification.value };
  return kind === 'E' ? { frame, kind, error: notification.error as unknown } : { frame, kind };
}
