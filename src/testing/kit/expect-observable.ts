import { isDeepStrictEqual } from 'node:util';
import { materialize, Observable, Subscription, type ObservableNotification } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { equals } from '../marbles/equality.js';
import type { Legend, MarbleEvent, Recording } from '../marbles/recording.js';
import type { MarbleRun } from '../run/marble-run.js';
import type { Begun } from './begun.js';
import { mustBeObservable } from './mistaken.js';

/** RxJS's own, but for the message when it fails, which shows both diagrams and the line of the expectation. */
export function expectObservableIn(
  run: MarbleRun,
  { expectObservable }: RunHelpers,
  begun: Begun,
): RunHelpers['expectObservable'] {
  return (observable, subscriptionMarbles) => {
    mustBeObservable('expectObservable', observable);
    const observed = new Observed(run, observable, subscriptionMarbles);
    return {
      toBe: function toBe(diagram, values: Legend | undefined, error: unknown = 'error') {
        begun.mustRun('expectObservable');
        run.expect(observed, diagram, values, error, toBe);
      },
      toEqual(other) {
        begun.mustRun('expectObservable');
        observed.cancel();
        expectObservable(observable, subscriptionMarbles).toEqual(other);
      },
    };
  };
}

/** What an Observable tells from the moment that a diagram of a subscription names, at once by default. */
class Observed implements Recording {
  readonly name = 'observable';
  readonly events: MarbleEvent[] = [];
  private readonly subscription = new Subscription();

  constructor(
    private readonly run: MarbleRun,
    observable: Observable<unknown>,
    marbles: string | null = null,
  ) {
    const { subscribedFrame, unsubscribedFrame } = TestScheduler.parseMarblesAsSubscriptions(marbles, true);
    const subscribedMs = Number.isFinite(subscribedFrame) ? subscribedFrame : 0;
    this.subscription.add(run.scheduler.schedule(() => this.subscribe(observable), subscribedMs));
    run.mayExplain(this, () => false);
    if (!Number.isFinite(unsubscribedFrame)) return;
    run.lasts(run.nowMs + unsubscribedFrame);
    run.scheduler.schedule(() => this.cancel(), unsubscribedFrame);
  }

  cancel(): void {
    this.subscription.unsubscribe();
  }

  /** An Observable as a value is what it tells; a cold one of RxJS's stands for its messages. */
  matches(actual: unknown, expected: unknown): boolean {
    if (!(actual instanceof Inner)) return equals(actual, expected);
    return expected instanceof Observable && 'messages' in expected && actual.tells(expected.messages);
  }

  private subscribe(observable: Observable<unknown>): void {
    const note = (kind: MarbleEvent['kind'], value?: unknown): void => {
      this.run.worked();
      this.events.push({ atMs: this.run.nowMs, kind, value });
    };
    this.subscription.add(
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
