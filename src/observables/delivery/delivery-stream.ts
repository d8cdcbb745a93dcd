import { Observable, type Subscriber } from 'rxjs';
import { milliseconds } from '../../foundation/check.js';
import { clock } from '../../foundation/clock.js';
import { INSPECT, inspected, type Inspecting } from '../../foundation/in-logs.js';
import { onlyKnown } from '../../foundation/known-options.js';
import { Audience } from './audience.js';
import { DeliveryCore } from './core/delivery-core.js';
import { Fates } from './core/fates.js';
import type { LedgerNode } from './core/node.js';
import type { CoreHost, DeliverySource, Timer } from './core/source.js';
import { statusOf } from './core/status.js';
import { tellAll } from './core/tell-all.js';
import type { Window } from './core/window.js';
import { StreamInUseError } from './errors.js';
import { Lens, ObserverHandle } from './handle.js';
import type { Delivery, FateReport, Guarantee, Origin, Status } from './types.js';
import { witness } from './witness.js';

/** How a system makes a stream of deliveries of `T`; `N` is what its session keeps of each. */
export interface StreamPlan<T, N = T> {
  /** `<system>:<name>`, wherever the stream is reported. */
  readonly name: string;
  readonly guarantee: Guarantee;
  /** Several subscribers share one session by reference count, each with a vote. Without it a second one is refused. */
  readonly hot?: boolean | undefined;
  /** The window of the next epoch; the same one each time if it is shared. */
  window(): Window;
  /** A method, not a property: so a stream of batches is also a stream of `unknown`. */
  originOf(this: void, node: LedgerNode<N>): Origin;
  /**
   * What `delivery.value` reads; without it, what the node carries. Called at every read, for each subscriber: a source
   * that decodes here keeps the result with the message. What it throws is the reader's to handle: `work` treats it as
   * its handler's failure, and a {@link PayloadError} as one that no retry can mend.
   */
  readValue?(this: void, node: LedgerNode<N>): T;
  /** Starts a session; it must not call the engine before it has returned. */
  open(core: DeliveryCore<N>): DeliverySource<N>;
  /** An epoch begins; the returned function is called when it is over and everything is stored. */
  began?(stream: { drain(options?: DrainOptions): Observable<FateReport>; fate(): FateReport }): () => void;
}

/** A plan whose nodes carry something else than the values; see {@link DeliveryStream.reading}. */
export type ReadingPlan<T, N> = StreamPlan<T, N> & Required<Pick<StreamPlan<T, N>, 'readValue'>>;

/** `deadlineMs` bounds a drain; 30 000 by default. */
export interface DrainOptions {
  readonly deadlineMs?: number;
}

interface Epoch<T, R> {
  readonly core: DeliveryCore<unknown>;
  readonly audience: Audience<T, R, unknown>;
  readonly beganMs: number;
  readonly over: (() => void) | undefined;
}

/** A store that never answers must not keep a drain from reporting. */
const FLUSH_GRACE_MS = 1_000;

/**
 * A stream of deliveries with one live session at a time, an epoch of its own; the counts go on. A cold stream has one
 * subscriber. A hot one, such as a queue, has any number: those who were subscribed when a delivery was handed out vote
 * on it, the worst vote wins (dead, nacked, abandoned, acked), and the session ends when the last one leaves.
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
  private readonly plan: StreamPlan<T, unknown>;
  private readonly lens: Lens<T, unknown>;
  private readonly fates = new Fates();
  private readonly observers = new Set<Subscriber<Delivery<T, R>>>();
  private readonly statusWatchers = new Set<() => void>();
  private readonly drainWatchers = new Set<() => void>();
  private epoch: Epoch<T, R> | undefined;
  /** Sessions that are over and have not stored everything yet. */
  private readonly flushing = new Set<DeliveryCore<unknown>>();
  private drained = false;
  private sinceMs = clock.now();
  private hadEpoch = false;
  private statusDue = false;

  /** @internal Streams are made by the clients. */
  constructor(plan: StreamPlan<T>) {
    super((subscriber) => this.begin(subscriber));
    this.plan = plan;
    this.lens = new Lens(this.plan.originOf, this.plan.readValue);
    this.guarantee = plan.guarantee;
    this.name = plan.name;
    this.status$ = new Observable((subscriber) => this.watchStatus(subscriber));
  }

  /** @internal For a session that keeps something else than the values that are read from it. */
  static reading<T, R, N>(plan: ReadingPlan<T, N>): DeliveryStream<T, R> {
    const erased: StreamPlan<T, unknown> = plan;
    return new DeliveryStream<T, R>(erased);
  }

  /** The fates so far, over all epochs. */
  fate(): FateReport {
    return this.fates.report();
  }

  /** Its name, what it guarantees and what has become of its deliveries, for logs. */
  toJSON(): { name: string; guarantee: Guarantee } & FateReport {
    return { name: this.name, guarantee: this.guarantee, ...this.fate() };
  }

  /** @internal The same for `console.log`. */
  [INSPECT](...how: Inspecting): string {
    return inspected(this.constructor.name, this.toJSON(), how);
  }

  /**
   * Stops fetching, lets what is in flight finish, stores the position, completes the subscribers and then emits the
   * report. What is unsettled at the deadline is abandoned. For good: later subscriptions complete at once.
   * @throws {@link InvalidOptionError} when `deadlineMs` is not a number of milliseconds.
   */
  drain(options: DrainOptions = {}): Observable<FateReport> {
    const given = onlyKnown('drain', options, { deadlineMs: true }).deadlineMs;
    const deadlineMs = milliseconds('drain.deadlineMs', given ?? 30_000);
    return new Observable((subscriber) => {
      const report = (): void => {
        // What nobody waits for any more has its fate now: sums are exact.
        for (const core of this.flushing) core.giveUp();
        subscriber.next(this.fate());
        subscriber.complete();
      };
      const reportIfOver = (): void => {
        if (this.epoch === undefined && this.flushing.size === 0) report();
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
    const { epoch } = this;
    if (epoch === undefined) return this.start(subscriber);
    if (this.plan.hot === true) return this.join(epoch, subscriber);
    subscriber.error(
      new StreamInUseError(`${this.name} has a subscriber already: call the method again for a second reader`),
    );
  }

  private start(subscriber: Subscriber<Delivery<T, R>>): () => void {
    const window = this.plan.window();
    const over = this.plan.began?.(this);
    const audience = new Audience<T, R, unknown>(this.lens);
    const host = this.hostFor(audience, (failure, then) => {
      this.finish(epoch, () => {
        core.watcher?.ended(failure);
        then();
      });
    });
    const core = new DeliveryCore<unknown>(host, window, this.fates);
    const epoch: Epoch<T, R> = { core, audience, beganMs: clock.now(), over };
    this.epoch = epoch;
    this.hadEpoch = true;
    witness.present?.began(this, core, this.lens);
    const leave = this.join(epoch, subscriber);
    try {
      core.open(this.plan.open(core));
    } catch (error) {
      // Nothing was opened, so nothing can be closed.
      this.epoch = undefined;
      over?.();
      throw error;
    }
    this.changed();
    return leave;
  }

  /** Returns how to leave: the last one to go ends the session. */
  private join(epoch: Epoch<T, R>, subscriber: Subscriber<Delivery<T, R>>): () => void {
    const { core, audience } = epoch;
    audience.join(subscriber);
    return () => {
      if (this.epoch !== epoch) return;
      if (audience.size > 1) return tellAll(audience.leave(subscriber, core));
      const told = audience.leaveLast(subscriber, core);
      this.finish(epoch, () => tellAll(told));
    };
  }

  private hostFor(
    audience: Audience<T, R, unknown>,
    finish: (failure: { error: unknown } | undefined, then: () => void) => void,
  ): CoreHost<unknown> {
    return {
      now: () => clock.now(),
      after: (delayMs, then) => clock.after(delayMs, then),
      emit: (node) => {
        if (this.observers.size > 0) this.show(node);
        audience.handOut(node);
      },
      complete: () => finish(undefined, () => audience.complete()),
      error: (error) => finish({ error }, () => audience.error(error)),
      changed: () => this.changed(),
    };
  }

  private show(node: LedgerNode<unknown>): void {
    // A copy: who subscribes again inside sees the next one, not this one for ever.
    for (const observer of [...this.observers]) observer.next(new ObserverHandle<T, R, unknown>(node, this.lens));
  }

  /** Closes an epoch; the stream is free before `then` tells the subscribers. */
  private finish(epoch: Epoch<T, R>, then?: () => void): void {
    if (this.epoch !== epoch) return;
    this.epoch = undefined;
    this.sinceMs = clock.now();
    this.flushing.add(epoch.core);
    // Nobody hears of the end before the subscribers do.
    let told = false;
    const close = (): void =>
      epoch.core.close(() => {
        this.flushing.delete(epoch.core);
        epoch.over?.();
        if (told) this.tellIfOver();
      });
    const end = (): void => {
      told = true;
      this.tellIfOver();
    };
    tellAll([close, () => this.changed(), () => then?.(), end]);
  }

  private tellIfOver(): void {
    if (!this.drained || this.epoch !== undefined || this.flushing.size > 0) return;
    tellAll([...this.drainWatchers, ...[...this.observers].map((observer) => () => observer.complete())]);
  }

  private changed(): void {
    if (this.statusDue || this.statusWatchers.size === 0) return;
    this.statusDue = true;
    clock.after(0, () => {
      this.statusDue = false;
      tellAll([...this.statusWatchers]);
    });
  }

  private watchStatus(subscriber: Subscriber<Status>): () => void {
    let shown = '';
    const show = (): void => {
      const status = this.status();
      const key = `${status.state} ${status.reasons.join()} ${this.epoch?.core.pauses.remark ?? ''}`;
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
