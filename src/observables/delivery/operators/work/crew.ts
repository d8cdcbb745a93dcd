import { isObservable, type Observable, type Subscriber } from 'rxjs';
import { PayloadError } from '../../../../codecs/payload/errors.js';
import { clock } from '../../../../foundation/clock.js';
import { TimeoutError } from '../../../../foundation/errors.js';
import { HandlerError, NoDeadLettersError } from '../../errors.js';
import { DUTY, type AnyDelivery, type Flow, type Settled, type ValueOf } from '../../types.js';
import { notePromise } from '../../witness.js';
import { dutyOf } from '../duty-of.js';
import type { Inlet } from '../operate.js';
import { nackDelays, type Step } from './error-policy.js';
import { type Failure, Job, Run, type WorkContext } from './job.js';
import { Line } from './line.js';

/** `work`'s options after they have been checked. */
export interface CrewPlan<D extends AnyDelivery, O> {
  readonly handler: (value: ValueOf<D>, context: WorkContext<D>) => O | PromiseLike<O> | Observable<O>;
  readonly concurrency: number;
  readonly by: ((value: ValueOf<D>, delivery: D) => unknown) | undefined;
  readonly timeoutMs: number | undefined;
  /** Throws if the policy asks for more than a session allows. */
  readonly check: (flow: Flow) => void;
  readonly decide: (error: unknown, job: Job<D>, isFinal: boolean) => Step;
}

/** The running side of `work`: slots, lines by key, tries, fates. */
export class Crew<D extends AnyDelivery, O> implements Inlet<D> {
  private readonly queue = new Line<Job<D>>();
  /** A key is here while one of its jobs is under way; those behind it wait in its line. */
  private readonly lines = new Map<unknown, Line<Job<D>>>();
  /** Jobs that outlive the call that brought them. */
  private readonly staying = new Set<Job<D>>();
  private taken = 0;
  /** The job whose handler is being called. */
  private starting: Job<D> | undefined;
  private pumping = false;
  private sourceDone = false;
  private checked: Flow | undefined;
  private readonly watch = (job: Job<D>): void => this.stay(job);

  constructor(
    private readonly below: Subscriber<O>,
    private readonly plan: CrewPlan<D, O>,
  ) {}

  next(delivery: D): void {
    const duty = dutyOf('work', delivery);
    duty.touch('work');
    if (duty.flow !== this.checked) {
      this.plan.check(duty.flow);
      this.checked = duty.flow;
    }
    const job = new Job(delivery, delivery.attempt, this.watch);
    const { by } = this.plan;
    if (by === undefined || this.findsKey(job, by)) {
      this.queue.push(job);
      this.pump();
      // Most jobs end inside: those need not be known by their key.
      if (by !== undefined && !job.over) this.takeKey(job);
    }
    if (!job.over) this.stay(job);
  }

  complete(): void {
    this.sourceDone = true;
    this.completeIfDone();
  }

  /** The subscription below has ended: nothing is settled any more, every handler is told. */
  teardown(): void {
    for (const job of this.staying) this.drop(job);
    this.staying.clear();
  }

  /** False if the job stands in line behind another one of its key. */
  private findsKey(job: Job<D>, by: NonNullable<CrewPlan<D, O>['by']>): boolean {
    let value: ValueOf<D>;
    try {
      value = job.delivery.value as ValueOf<D>;
    } catch (error) {
      job.failure = unreadable(error);
      return true;
    }
    try {
      job.key = notePromise('work: by', by(value, job.delivery));
    } catch (error) {
      job.failure = { error, isFinal: false };
      return true;
    }
    const { starting } = this;
    if (starting !== undefined && isSameKey(starting.key, job.key)) this.takeKey(starting);
    const line = this.lines.get(job.key);
    line?.push(job);
    return line === undefined;
  }

  /** From now on others with this key wait behind the job. */
  private takeKey(job: Job<D>): void {
    if (job.over || job.hasKey || job.failure !== undefined || this.plan.by === undefined) return;
    job.hasKey = true;
    this.lines.set(job.key, new Line());
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (this.taken < this.plan.concurrency && !this.below.closed) {
      const job = this.queue.next();
      if (job === undefined) break;
      if (job.delivery[DUTY].open) {
        this.starting = job;
        this.start(job);
        this.starting = undefined;
      } else {
        // Decided or lost while it waited; the second is about to be told, and needs no telling.
        this.conclude(job);
        this.completeIfDone();
      }
    }
    this.pumping = false;
  }

  /** A key that could not be found is looked for again with every try. */
  private findsKeyAgain(job: Job<D>): boolean {
    if (job.failure === undefined || this.plan.by === undefined) return true;
    job.failure = undefined;
    if (!this.findsKey(job, this.plan.by)) return false;
    this.takeKey(job);
    return true;
  }

  private start(job: Job<D>): void {
    if (job.failure !== undefined) return this.failed(job, job.failure.error, job.failure.isFinal);
    let value: ValueOf<D>;
    try {
      value = job.delivery.value as ValueOf<D>;
    } catch (error) {
      return this.failed(job, error, unreadable(error).isFinal);
    }
    this.taken++;
    let output: O | PromiseLike<O> | Observable<O>;
    try {
      output = this.plan.handler(value, job);
    } catch (error) {
      this.taken--;
      return this.failed(job, error);
    }
    if (isObservable(output)) this.follow(job, output);
    else if (isThenable<O>(output)) this.await(job, output);
    else {
      this.taken--;
      this.succeeded(job, output);
    }
  }

  private await(job: Job<D>, output: PromiseLike<O>): void {
    notePromise('work: the handler', output);
    const run = this.begin(job);
    try {
      output.then(
        (result) => this.landed(job, run, () => this.succeeded(job, result)),
        (error: unknown) => this.landed(job, run, () => this.failed(job, error)),
      );
    } catch (error) {
      this.landed(job, run, () => this.failed(job, error));
    }
  }

  private follow(job: Job<D>, output: Observable<O>): void {
    const run = this.begin(job);
    let last: O | undefined;
    const inner = output.subscribe({
      next: (value) => {
        last = value;
      },
      error: (error: unknown) => this.landed(job, run, () => this.failed(job, error)),
      complete: () => this.landed(job, run, () => this.succeeded(job, last as O)),
    });
    if (!run.over) job.inner = inner;
    else if (run.hasSlot) {
      // Lost while it was being subscribed to.
      inner.unsubscribe();
      this.landed(job, run, () => undefined);
    }
  }

  private begin(job: Job<D>): Run {
    const run = new Run();
    job.run = run;
    this.stay(job);
    const { timeoutMs } = this.plan;
    if (timeoutMs !== undefined) job.timer = clock.after(timeoutMs, () => this.expire(job, run, timeoutMs));
    return run;
  }

  /** A try has ended by itself. */
  private landed(job: Job<D>, run: Run, then: () => void): void {
    this.free(run);
    if (run.over) {
      // The key of a job that was lost has waited for its handler.
      this.passKey(job);
    } else {
      run.over = true;
      job.inner = undefined;
      job.cancelTimer();
      then();
    }
    this.pump();
  }

  /** A promise can't be stopped: after its timeout it goes on without a slot, its end unheard. */
  private expire(job: Job<D>, run: Run, timeoutMs: number): void {
    run.over = true;
    this.free(run);
    job.abort();
    const { inner } = job;
    job.inner = undefined;
    // Its teardown may throw.
    try {
      inner?.unsubscribe();
    } finally {
      this.failed(job, new TimeoutError(`the handler took longer than ${timeoutMs} ms`, { context: { timeoutMs } }));
      this.pump();
    }
  }

  private free(run: Run): void {
    if (!run.hasSlot) return;
    run.hasSlot = false;
    this.taken--;
  }

  private succeeded(job: Job<D>, result: O): void {
    let settled: Settled;
    try {
      settled = job.delivery.ack(result);
    } catch (error) {
      // A result that can't be sent is the handler's failure.
      return this.failed(job, error);
    }
    this.conclude(job);
    if (settled === 'settled' || settled === 'observer') this.below.next(result);
    this.completeIfDone();
  }

  private failed(job: Job<D>, error: unknown, isFinal = false): void {
    try {
      const step = this.plan.decide(error, job, isFinal);
      if (step.do === 'retry') return this.retryLater(job, step.delayMs);
      if (step.do === 'fail') return this.giveUp(job, error);
      if (step.do === 'nack') job.delivery.nack({ delayMs: nackDelays(job.attempt - 1) });
      else if (step.do === 'ack') job.delivery.ack(undefined);
      else if (job.delivery[DUTY].flow.takesDead) job.delivery.dead({ cause: error, attempts: job.attempt });
      else return this.giveUp(job, error, NoDeadLettersError.of(job.delivery.source).message);
    } catch (policyError) {
      return this.giveUp(job, policyError);
    }
    this.conclude(job);
    this.completeIfDone();
  }

  /** The stream errors; the delivery stays unsettled. */
  private giveUp(job: Job<D>, error: unknown, remark?: string): void {
    this.below.error(HandlerError.of('work', job.delivery, error, job.attempt, remark));
  }

  /** Frees the slot but blocks the key; with one slot and no key the order is kept, so the slot is too. */
  private retryLater(failed: Job<D>, delayMs: number): void {
    this.staying.delete(failed);
    this.takeKey(failed);
    const job = failed.again();
    job.keepsSlot = this.plan.concurrency === 1 && this.plan.by === undefined;
    if (job.keepsSlot) this.taken++;
    this.stay(job);
    job.timer = clock.after(delayMs, () => {
      job.timer = undefined;
      this.releaseKeptSlot(job);
      if (this.findsKeyAgain(job)) this.queue.unshift(job);
      this.pump();
    });
  }

  private releaseKeptSlot(job: Job<D>): void {
    if (!job.keepsSlot) return;
    job.keepsSlot = false;
    this.taken--;
  }

  private stay(job: Job<D>): void {
    if (job.over) return;
    this.staying.add(job);
    if (job.watched !== undefined) return;
    const watched = { job };
    job.watched = watched;
    job.delivery[DUTY].onLost(() => this.lose(watched.job));
  }

  private lose(job: Job<D>): void {
    if (job.over) return;
    try {
      this.drop(job);
    } finally {
      this.staying.delete(job);
      if (job.run === undefined || !job.run.hasSlot) this.passKey(job);
      this.pump();
      this.completeIfDone();
    }
  }

  /** Tells the handler and forgets the job; a promise still under way keeps its slot. */
  private drop(job: Job<D>): void {
    job.cancelTimer();
    this.releaseKeptSlot(job);
    if (job.run !== undefined) job.run.over = true;
    try {
      job.inner?.unsubscribe();
    } finally {
      if (job.run !== undefined && job.inner !== undefined) this.free(job.run);
      job.abort();
    }
  }

  private conclude(job: Job<D>): void {
    job.over = true;
    this.staying.delete(job);
    this.passKey(job);
  }

  private passKey(job: Job<D>): void {
    if (!job.hasKey) return;
    job.hasKey = false;
    const next = this.lines.get(job.key)?.next();
    if (next === undefined) this.lines.delete(job.key);
    else {
      next.hasKey = true;
      this.queue.push(next);
    }
  }

  private completeIfDone(): void {
    if (this.sourceDone && this.staying.size === 0) this.below.complete();
  }
}

/** Bytes that can't be decoded stay what they are. */
function unreadable(error: unknown): Failure {
  return { error, isFinal: error instanceof PayloadError };
}

/** As a `Map` sees it. */
function isSameKey(one: unknown, other: unknown): boolean {
  return one === other || Object.is(one, other);
}

function isThenable<O>(output: unknown): output is PromiseLike<O> {
  return typeof output === 'object' && output !== null && typeof (output as { then?: unknown }).then === 'function';
}
