import { isObservable, Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { RecordType } from '../../codecs/lance/record-type.js';
import type { TlvRecord } from '../../codecs/lance/tlv.js';
import type { PayloadCodec } from '../../codecs/payload/codec.js';
import { Outbox, type OutboxPlan } from './outbox.js';
import { recordOf, type RecordInput } from './producer.js';
import type { ProducerOptions } from './producer-options.js';
import type { TopicRef } from './topic-ref.js';

/** How a sink encodes and batches. */
export interface SinkOptions<T> extends ProducerOptions {
  /** Encodes values; without one they must be bytes, texts or `TlvRecord`s. */
  readonly codec?: PayloadCodec<T>;
}

/** One batch that has been acknowledged. */
export interface SinkReceipt {
  readonly batchId: bigint;
  readonly records: number;
  /** Of payload, record headers included. */
  readonly bytes: number;
}

/** What can be poured into a sink: an iterable, an async iterable, an Observable, or a promise of a value. */
export type Sink<T> = (source: ObservableInput<T>) => Observable<SinkReceipt>;

/** @internal Each subscription has an outbox of its own, so that its receipts are its own. */
export function makeSink<T>(plan: OutboxPlan, topic: TopicRef, options: SinkOptions<T>): Sink<T> {
  const { codec } = options;
  const encode = (value: T): TlvRecord | { type: number; value: Uint8Array } =>
    codec === undefined
      ? recordOf(value as RecordInput)
      : { type: codec.recordType ?? RecordType.RawData, value: codec.encode(value) };
  return (source) => new Observable((subscriber) => new Pour(plan, topic, encode, subscriber).begin(source));
}

type Encode<T> = (value: T) => { readonly type: number; readonly value: Uint8Array };

/** One source on its way into a topic. */
class Pour<T> {
  private readonly outbox: Outbox;
  private exhausted = false;
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
    if (isObservable(source)) return this.follow(source as Observable<T>);
    if (isAsyncIterable<T>(source)) return this.pullAsync(source[Symbol.asyncIterator]());
    if (isIterable<T>(source)) return this.pull(source[Symbol.iterator]());
    return this.follow(new Observable<T>((subscriber) => {
      Promise.resolve(source as PromiseLike<T>).then(
        (value) => {
          subscriber.next(value);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    }));
  }

  /** Taken from only as fast as acknowledgements come. */
  private pull(iterator: Iterator<T>): () => void {
    const more = (): void => {
      while (this.hasRoom() && !this.subscriber.closed) {
        const step = this.attempt(() => iterator.next());
        if (step === undefined) return;
        if (step.done === true) return this.finish();
        if (!this.put(step.value)) return;
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
      if (asking || !this.hasRoom() || this.subscriber.closed) return;
      asking = true;
      iterator.next().then(
        (step) => {
          asking = false;
          if (this.subscriber.closed) return;
          if (step.done === true) this.finish();
          else if (this.put(step.value)) more();
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

  /** An Observable can't be slowed: beyond `bufferBytes` the sink errors with `BackpressureError`. */
  private follow(source: Observable<T>): () => void {
    const subscription = source.subscribe({
      next: (value) => this.put(value),
      error: (error: unknown) => this.subscriber.error(error),
      complete: () => this.finish(),
    });
    return () => subscription.unsubscribe();
  }

  private put(value: T): boolean {
    const done = this.attempt(() => {
      const record = this.encode(value);
      this.outbox.append(this.topic, record.type, record.value);
      return true;
    });
    return done === true && !this.subscriber.closed;
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

  private hasRoom(): boolean {
    // One batch more than may be in flight keeps the line busy; the rest stays in the source.
    const enough = (this.plan.maxPendingAcks + 1) * this.plan.batchSize;
    return this.outbox.buffered < Math.min(enough, this.plan.bufferBytes);
  }

  private progress(): void {
    if (this.exhausted) {
      if (this.outbox.isEmpty) this.complete();
    } else this.resume?.();
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

function isIterable<T>(source: unknown): source is Iterable<T> {
  return typeof source === 'object' && source !== null && Symbol.iterator in source;
}

function isAsyncIterable<T>(source: unknown): source is AsyncIterable<T> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source;
}
