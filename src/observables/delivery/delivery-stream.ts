import { Observable, type Subscriber } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { DeliveryCore } from './core/delivery-core.js';
import { Fates } from './core/fates.js';
import type { LedgerNode } from './core/node.js';
import type { CoreHost, DeliverySource, Timer } from './core/source.js';
import { statusOf } from './core/status.js';
import type { Window } from './core/window.js';
import { StreamInUseError } from './errors.js';
import { DeliveryHandle, ObserverHandle } from './handle.js';
import type { Delivery, FateReport, Guarantee, Origin, Status } from './types.js';

/** How a system makes a stream of deliveries. */
export interface StreamPlan<T> {
  /** `<system>:<name>`, wherever the stream is reported. */
  readonly name: string;
  readonly guarantee: Guarantee;
  /** The window of the next epoch; the same one each time if it is shared. */
  window(): Window;
  /** A method, not a property: so a stream of batches is also a stream of `unknown`. */
  originOf(this: void, node: LedgerNode<T>): Origin;
  /** Starts a session; it must not call the engine before it has returned. */
  open(core: DeliveryCore<T>): DeliverySource<T>;
  /** An epoch begins; the returned function is called when it is over and everything is stored. */
  began?(stream: { drain(options?: DrainOptions): Observable<FateReport>; fate(): FateReport }): () => void;
}

/** `deadlineMs` bounds a drain; 30 000 by default. */
export interface DrainOptions {
  readonly deadlineMs?: number;
}

interface Epoch<T, R> {
  readonly core: DeliveryCore<T>;
  readonly subscriber: Subscriber<Delivery<T, R>>;
  readonly beganMs: number;
}

/** A store that never answers must not keep a drain from reporting. */
const FLUSH_GRACE_MS = 1_000;

/**
 * A stream of deliveries with one live session at a time. Each subscription is an epoch of its own; the counts go on.
 *
 * @example
 * import { work } from 'sluice';
 * import { LanceClient } from 'sluice/lance';
 * const flights = new LanceClient({ host: '127.0.0.1', port: 1992 }).consume('flights', { name: 'delays' });
 * flights.pipe(work((batch) => console.log(batch.length))).subscribe();
 * process.once('SIGTERM', () => flights.drain({ deadlineMs: 10_000 }).subscribe((report) => console.log(report)));
 */
export class DeliveryStream<T, R = void> extends Observable<Delivery<T, R>> {
  readonly guarantee: Guarantee;
  /** `<system>:<name>`. */
  readonly name: string;
  /** Emits the present status, then every change, at most one a turn; completes after a drain. */
  readonly status$: Observable<Status>;
  private readonly fates = new Fates();
  private readonly observers = new Set<Subscriber<Delivery<T, R>>>();
  private readonly statusWatchers = new Set<() => void>();
  private readonly drainWatchers = new Set<() => void>();
  private epoch: Epoch<T, R> | undefined;
  private flushing = 0;
  private drained = false;
  private sinceMs = clock.now();
  private hadEpoch = false;
  private statusDue = false;

  /** @internal Streams are made by the clients. */
  constructor(private readonly plan: StreamPlan<T>) {
    super((subscriber) => this.begin(subscriber));
    this.guarantee = plan.guarantee;
    this.name = plan.name;
    this.status$ = new Observable((subscriber) => this.watchStatus(subscriber));
  }

  /** The fates so far, over all epochs. */
  fate(): FateReport {
    return this.fates.report();
  }

  /**
   * Stops fetching, lets what is in flight finish, stores the position, completes the subscriber and then emits the
   * report. What is unsettled at the deadline is abandoned. For good: later subscriptions complete at once.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  drain(options: DrainOptions = {}): Observable<FateReport> {
    const deadlineMs = milliseconds('drain.deadlineMs', options.deadlineMs ?? 30_000);
    return new Observable((subscriber) => {
      const report = (): void => {
        subscriber.next(this.fate());
        subscriber.complete();
      };
      const reportIfOver = (): void => {
        if (this.epoch === undefined && this.flushing === 0) report();
      };
      this.drained = true;
      this.drainWatchers.add(reportIfOver);
      this.epoch?.core.drain(deadlineMs);
      this.changed();
      subscriber.add(clock.after(Math.min(deadlineMs + FLUSH_GRACE_MS, 2 ** 31 - 1), report));
      subscriber.add(clock.after(0, () => this.tellIfOver()));
      return () => this.drainWatchers.delete(reportIfOver);
    });
  }

  /**
   * Handles without a vote for what the subscribers of the live session get, over all epochs; opens no session of its
   * own and completes after a drain.
   */
  observe(): Observable<Delivery<T, R>> {
    return new Observable((subscriber) => {
      this.observers.add(subscriber);
      if (this.drained) subscriber.add(clock.after(0, () => this.tellIfOver()));
      return () => this.observers.delete(subscriber);
    });
  }

  private begin(subscriber: Subscriber<Delivery<T, R>>): Timer | (() => void) | void {
    if (this.drained) return clock.after(0, () => subscriber.complete());
    if (this.epoch !== undefined) {
      subscriber.error(
        new StreamInUseError(`${this.name} has a subscriber already: call the method again for a second reader`),
      );
      return;
    }
    const window = this.plan.window();
    const over = this.plan.began?.(this);
    const host = this.hostFor(subscriber, (then) => this.finish(epoch, over, then));
    const core = new DeliveryCore<T>(host, window, this.fates);
    const epoch: Epoch<T, R> = { core, subscriber, beganMs: clock.now() };
    this.epoch = epoch;
    this.hadEpoch = true;
    try {
      core.open(this.plan.open(core));
    } catch (error) {
      // Nothing was opened, so nothing can be closed.
      this.epoch = undefined;
      over?.();
      throw error;
    }
    this.changed();
    return () => this.finish(epoch, over);
  }

  private hostFor(subscriber: Subscriber<Delivery<T, R>>, finish: (then: () => void) => void): CoreHost<T> {
    const { originOf } = this.plan;
    return {
      now: () => clock.now(),
      after: (delayMs, then) => clock.after(delayMs, then),
      emit: (node) => {
        if (this.observers.size > 0) this.show(node);
        subscriber.next(new DeliveryHandle<T, R>(node, originOf));
      },
      complete: () => finish(() => subscriber.complete()),
      error: (error) => finish(() => subscriber.error(error)),
      changed: () => this.changed(),
    };
  }

  private show(node: LedgerNode<T>): void {
    for (const observer of this.observers) observer.next(new ObserverHandle<T, R>(node, this.plan.originOf));
  }

  /** Closes an epoch; the stream is free before `then` tells the subscriber. */
  private finish(epoch: Epoch<T, R>, over: (() => void) | undefined, then?: () => void): void {
    if (this.epoch !== epoch) return;
    this.epoch = undefined;
    this.sinceMs = clock.now();
    this.flushing++;
    // Nobody hears of the end before the subscriber does.
    let told = false;
    epoch.core.close(() => {
      this.flushing--;
      over?.();
      if (told) this.tellIfOver();
    });
    this.changed();
    then?.();
    told = true;
    this.tellIfOver();
  }

  private tellIfOver(): void {
    if (!this.drained || this.epoch !== undefined || this.flushing > 0) return;
    for (const watcher of [...this.drainWatchers]) watcher();
    for (const observer of [...this.observers]) observer.complete();
  }

  private changed(): void {
    if (this.statusDue || this.statusWatchers.size === 0) return;
    this.statusDue = true;
    clock.after(0, () => {
      this.statusDue = false;
      for (const watcher of [...this.statusWatchers]) watcher();
    });
  }

  private watchStatus(subscriber: Subscriber<Status>): () => void {
    let shown = '';
    const show = (): void => {
      const status = this.status();
      const key = `${status.state} ${status.reasons.join()}`;
      if (key !== shown) {
        shown = key;
        subscriber.next(status);
      }
      if (this.drained && this.epoch === undefined) subscriber.complete();
    };
    this.statusWatchers.add(show);
    show();
    return () => this.statusWatchers.delete(show);
  }

  private status(): Status {
    const { epoch } = this;
    if (epoch !== undefined) return statusOf(epoch.core, this.name, clock.now(), epoch.beganMs);
    if (this.drained || this.hadEpoch) return { state: 'ended', reasons: [], sinceMs: this.sinceMs, detail: '' };
    return { state: 'paused', reasons: ['user'], sinceMs: this.sinceMs, detail: 'nobody has subscribed' };
  }
}
