import { from, Observable, Subject, takeUntil, type ObservableInput, type Subscriber } from 'rxjs';
import { ConnectionError } from '../../../codecs/lance/errors.js';
import { reportOwnerError } from '../../../transports/owner.js';
import { operate } from '../../delivery/operators/operate.js';
import type { LiveSink } from './live-sinks.js';
import { closedError, Outbox } from './outbox.js';
import type { OutboxPlan } from './outbox-plan.js';
import type { RecordParts } from './record-input.js';
import type { SinkReceipt } from './sink.js';
import { Spell } from './spell.js';
import { isAsyncIterable, isIterable, isObservableLike, isPromiseLike } from './source-kind.js';
import type { TopicRef } from '../connection/topic-ref.js';

/** Makes records of values: in two parts, so that there is no object for each of millions. */
export interface Encode<T> {
  value(data: T): Uint8Array | string;
  /** Given what {@link value} made of it. */
  type(data: T, value: Uint8Array | string): number;
}

/** One source on its way into a topic. */
export class Pour<T> implements LiveSink {
  private readonly outbox: Outbox;
  /** Nothing more comes from the source: it has ended, or was told to stop. */
  private isDry = false;
  /** It was told to stop: this is what it errors with once everything taken is written. */
  private stopError: unknown;
  private readonly stopped = new Subject<void>();
  /** Taken from the source, and there was no room for it. */
  private held: RecordParts | undefined;
  private resume: (() => void) | undefined;
  private readonly spell = new Spell(() => this.resume?.());
  /** Some has been taken that the outbox does not have yet: it is not to be closed before. */
  private isTaking = false;
  private leave: ((failed: (error: unknown) => void) => void) | undefined;

  constructor(
    plan: OutboxPlan,
    private readonly topic: TopicRef,
    private readonly encode: Encode<T>,
    private readonly subscriber: Subscriber<SinkReceipt>,
  ) {
    this.outbox = new Outbox(plan, {
      acked: (parcel) => {
        subscriber.next({ batchId: BigInt(parcel.id), records: parcel.records, bytes: parcel.bytes });
        this.progress();
      },
      rejected: (_parcel, error) => this.fail(error),
    });
  }

  begin(source: ObservableInput<T>): void {
    this.subscriber.add(() => {
      this.isDry = true;
      this.spell.stop();
      this.outbox.close();
      this.leaveSource(reportOwnerError);
    });
    this.connect(source);
  }

  stop(): void {
    if (this.isDry) return;
    const why = 'the client was closed before the source had ended: what came before has been written';
    this.stopError = new ConnectionError(why, { retryable: false });
    this.isDry = true;
    this.attempt(() => this.leaveSource((error) => (this.stopError = error)));
    this.finish();
  }

  abandon(): void {
    // Each batch that is left fails with what is known of it, and the first one ends the sink.
    this.outbox.close(closedError());
    this.end();
  }

  private connect(source: ObservableInput<T>): void {
    if (isObservableLike<T>(source)) this.follow(source);
    else if (isAsyncIterable<T>(source)) this.pullAsync(source[Symbol.asyncIterator]());
    else if (isIterable<T>(source)) this.pull(source[Symbol.iterator]());
    else if (isPromiseLike<T>(source)) this.follow(valueOf(source));
    // What is left RxJS knows: Observables of other libraries, what is like an array; or refuses.
    else this.follow(from(source));
  }

  /** Taken from only as fast as acknowledgements come. */
  private pull(iterator: Iterator<T>): void {
    let isAsking = false;
    this.leave = () => {
      // From inside its own `next` a generator can't be told: it is when that returns.
      if (!isAsking) iterator.return?.();
    };
    /** Takes some, and says how many: as many as fit without a closer look, and one more. */
    const takeSome = (): number => {
      const { encode } = this;
      const most = this.spell.stretch;
      const room = this.outbox.room(this.topic);
      for (let taken = 1; ; taken++) {
        isAsking = true;
        const step = iterator.next();
        isAsking = false;
        if (this.isDry) iterator.return?.();
        else if (step.done === true) this.ended();
        if (this.isDry) return taken;
        const value = encode.value(step.value);
        const type = encode.type(step.value, value);
        const fits = room.add(type, value);
        if (!fits && !this.outbox.offer(this.topic, type, value)) this.held = { type, value };
        // What is taken from a source that has been left would be lost.
        if (!fits || taken >= most || this.isDry) return taken;
      }
    };
    this.resume = () => {
      this.spell.begin();
      this.taking(() => {
        for (let taken = 0; this.wantsMore && !this.spell.isOver(taken);) taken = takeSome();
      });
    };
    this.resume();
  }

  private pullAsync(iterator: AsyncIterator<T>): void {
    let isAsking = false;
    this.leave = (failed) => void Promise.resolve(iterator.return?.()).then(undefined, failed);
    const answered = (step: IteratorResult<T>): void => {
      isAsking = false;
      if (this.subscriber.closed || this.isDry) return;
      if (step.done === true) return this.ended();
      this.taking(() => this.take(step.value));
      ask();
    };
    const refused = (error: unknown): void => {
      // Told to stop, it may well reject what is out; what was taken before is still being written.
      if (!this.isDry) this.fail(error);
    };
    const ask = (): void => {
      if (isAsking || !this.wantsMore || this.spell.isOver()) return;
      isAsking = true;
      this.attempt(() => void iterator.next().then(answered, refused));
    };
    this.resume = () => {
      this.spell.begin();
      ask();
    };
    this.resume();
  }

  /** An Observable can't be slowed: beyond `bufferBytes` the sink errors with `BackpressureError`, which stops it. */
  private follow(source: Observable<T>): void {
    this.leave = () => this.stopped.next();
    operate<T, never>(() => ({
      next: (data) => {
        const value = this.encode.value(data);
        this.outbox.append(this.topic, this.encode.type(data, value), value);
      },
      complete: () => this.ended(),
    }))(source.pipe(takeUntil(this.stopped))).subscribe(this.subscriber as Subscriber<unknown>);
  }

  /** One value of a source that waits: what does not fit is kept until it does. */
  private take(data: T): void {
    const value = this.encode.value(data);
    const type = this.encode.type(data, value);
    if (!this.outbox.offer(this.topic, type, value)) this.held = { type, value };
  }

  /** Takes from the source: whoever stops this meanwhile stops behind what has been taken. */
  private taking(act: () => void): void {
    if (this.isDry) return;
    this.isTaking = true;
    this.attempt(act);
    this.isTaking = false;
    // It was told to stop, or has ended, meanwhile.
    if (this.isDry && !this.subscriber.closed) this.finish();
  }

  /** What the source or the codec throws ends the sink: once it is told to stop, behind all that was taken. */
  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (this.isDry) this.stopError = error;
      else this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.isDry = true;
    try {
      this.leaveSource(() => {});
    } catch {
      // As in a `for` loop: what comes of leaving it does not replace the error for which it is left.
    }
    this.subscriber.error(error);
  }

  /** Whether to ask the source for one more. */
  private get wantsMore(): boolean {
    if (this.held !== undefined || this.isDry || this.subscriber.closed) return false;
    return this.outbox.wantsMore;
  }

  private progress(): void {
    const { held } = this;
    if (held !== undefined && this.outbox.hasRoomFor(held.value)) {
      this.held = undefined;
      this.attempt(() => this.outbox.append(this.topic, held.type, held.value));
      if (this.isDry) this.finish();
    } else if (this.isDry && this.outbox.isEmpty) this.end();
    this.resume?.();
  }

  /** The source has ended by itself. */
  private ended(): void {
    if (this.isDry) return;
    this.leave = undefined;
    this.finish();
  }

  /** Sends what is left, and ends behind it. */
  private finish(): void {
    this.isDry = true;
    if (this.isTaking) return;
    if (this.held === undefined && this.outbox.isEmpty) this.end();
    else this.outbox.flush(() => {});
  }

  private end(): void {
    this.outbox.close();
    if (this.stopError === undefined) this.subscriber.complete();
    else this.subscriber.error(this.stopError);
  }

  /** Throws what goes wrong there at once; `failed` is told what does later. */
  private leaveSource(failed: (error: unknown) => void): void {
    const { leave } = this;
    this.leave = undefined;
    leave?.(failed);
  }
}

function valueOf<T>(promise: PromiseLike<T>): Observable<T> {
  return new Observable<T>((subscriber) => {
    Promise.resolve(promise).then(
      (value) => {
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
  });
}
