import { Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { operate } from '../../delivery/operators/operate.js';
import { Outbox } from './outbox.js';
import type { OutboxPlan } from './outbox-plan.js';
import type { SinkReceipt } from './sink.js';
import { isAsyncIterable, isIterable, isObservableLike } from './source-kind.js';
import type { TopicRef } from '../connection/topic-ref.js';

interface Encoded {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Makes a record of a value. */
export type Encode<T> = (value: T) => Encoded;

/** One source on its way into a topic. */
export class Pour<T> {
  private readonly outbox: Outbox;
  private exhausted = false;
  /** Taken from the source, and there was no room for it. */
  private held: Encoded | undefined;
  private resume: (() => void) | undefined;

  constructor(
    private readonly plan: OutboxPlan,
    private readonly topic: TopicRef,
    private readonly encode: Encode<T>,
    private readonly subscriber: Subscriber<SinkReceipt>,
  ) {
    this.outbox = new Outbox(plan, {
      acked: (parcel) => {
        subscriber.next({ batchId: BigInt(parcel.id), records: parcel.records, bytes: parcel.bytes });
        this.progress();
      },
      rejected: (_parcel, error) => subscriber.error(error),
    });
  }

  begin(source: ObservableInput<T>): () => void {
    const stop = this.connect(source);
    return () => {
      this.outbox.close();
      stop();
    };
  }

  private connect(source: ObservableInput<T>): () => void {
    if (isObservableLike<T>(source)) return this.follow(source);
    if (isAsyncIterable<T>(source)) return this.pullAsync(source[Symbol.asyncIterator]());
    if (isIterable<T>(source)) return this.pull(source[Symbol.iterator]());
    return this.follow(
      new Observable<T>((subscriber) => {
        Promise.resolve(source as PromiseLike<T>).then(
          (value) => {
            subscriber.next(value);
            subscriber.complete();
          },
          (error: unknown) => subscriber.error(error),
        );
      }),
    );
  }

  /** Taken from only as fast as acknowledgements come. */
  private pull(iterator: Iterator<T>): () => void {
    const more = (): void => {
      while (this.hasRoom()) {
        const step = this.attempt(() => iterator.next());
        if (step === undefined) return;
        if (step.done === true) return this.finish();
        this.take(step.value);
      }
    };
    this.resume = more;
    more();
    return () => {
      if (!this.exhausted) iterator.return?.();
    };
  }

  private pullAsync(iterator: AsyncIterator<T>): () => void {
    let asking = false;
    const more = (): void => {
      if (asking || !this.hasRoom()) return;
      const asked = this.attempt(() => iterator.next());
      if (asked === undefined) return;
      asking = true;
      asked.then(
        (step) => {
          asking = false;
          if (this.subscriber.closed) return;
          if (step.done === true) return this.finish();
          this.take(step.value);
          more();
        },
        (error: unknown) => this.subscriber.error(error),
      );
    };
    this.resume = more;
    more();
    return () => {
      if (!this.exhausted) void iterator.return?.();
    };
  }

  /** An Observable can't be slowed: beyond `bufferBytes` the sink errors with `BackpressureError`, which stops it. */
  private follow(source: Observable<T>): () => void {
    operate<T, never>(() => ({
      next: (value) => {
        this.attempt(() => this.append(this.encode(value)));
      },
      complete: () => this.finish(),
    }))(source).subscribe(this.subscriber as Subscriber<unknown>);
    return () => {};
  }

  /** One value of a source that waits: what does not fit is kept until it does. */
  private take(value: T): void {
    this.attempt(() => {
      const record = this.encode(value);
      if (this.outbox.hasRoomFor(record.value.length)) this.append(record);
      else this.held = record;
    });
  }

  private append({ type, value }: Encoded): void {
    this.outbox.append(this.topic, type, value);
  }

  /** What the source or the codec throws ends the sink. */
  private attempt<A>(act: () => A): A | undefined {
    try {
      return act();
    } catch (error) {
      this.subscriber.error(error);
      return undefined;
    }
  }

  /** Whether to ask the source for one more. */
  private hasRoom(): boolean {
    if (this.held !== undefined || this.subscriber.closed) return false;
    // One batch more than may be in flight keeps the line busy; the rest stays in the source.
    const enough = (this.plan.maxPendingAcks + 1) * this.plan.batchSize;
    return this.outbox.buffered < Math.min(enough, this.plan.bufferBytes);
  }

  private progress(): void {
    const { held } = this;
    if (held !== undefined && this.outbox.hasRoomFor(held.value.length)) {
      this.held = undefined;
      this.attempt(() => this.append(held));
    }
    if (!this.exhausted) this.resume?.();
    else if (this.outbox.isEmpty) this.complete();
  }

  private finish(): void {
    this.exhausted = true;
    if (this.outbox.isEmpty) this.complete();
    else this.outbox.flush(() => {});
  }

  private complete(): void {
    this.outbox.close();
    this.subscriber.complete();
  }
}
